import type { N8nClient } from '../../n8n-host';
import type { CallLedger } from './callLedger';
import type { Gate } from './gate';
import type { MessageLedger } from './messageLedger';

/** What a workflow has posted of a message. */
export interface PostedMessage {
	sessionId: string;
	messageId: string;
	text: string;
}

/** A workflow that messages of sessions start. */
export interface Stream {
	readonly ledger: MessageLedger;
	/** What tells this message from all others that the workflow gets. */
	keyOf(message: PostedMessage): string;
}

/** A webhook of n8n that is called again and again. */
export interface Caller {
	/** Of its URL. */
	readonly path: string;
	readonly everyMs: number;
	/** Where its calls are counted. */
	readonly ledger: CallLedger;
	/** What is posted; undefined: there is nothing to call it for just now. `caller`: a name that no other call has. */
	body(caller: string): object | undefined;
}

/** One Cognigy, the workflows that use it, and what has to come of it. */
export interface Side {
	readonly name: string;
	/** The doors of its service. */
	readonly gates: readonly Gate[];
	/** Faults that have happened so far, by kind. */
	readonly faults: ReadonlyMap<string, number>;
	/** By the name that the workflow posts. */
	readonly streams: ReadonlyMap<string, Stream>;
	/** Calls that start flows. */
	readonly starts: CallLedger;
	/** Calls that reset sessions. */
	readonly resets: CallLedger;
	readonly callers: readonly Caller[];
	/** Sessions that flows were started in so far. */
	readonly sessionCount: number;
	/** What must be in no log, besides the tokens of logins. */
	readonly secrets: readonly string[];

	/** Makes its workflows in n8n and sets them going. */
	publish(client: N8nClient, receiverUrl: string): Promise<void>;
	/** Looks what its service has done since the last time. With `isTalking`, bots say something now and then. */
	tick(isTalking: boolean): void;
	/** From now on something goes wrong with calls now and then. */
	beginFaults(): void;
	/** How often it is disturbed, in ms. */
	readonly disturbEveryMs: number;
	/** One more thing that goes wrong: tokens that end, or the next fault. */
	disturb(): void;
	/** From now on all is well; what waited for another connection gets it. */
	endFaults(): void;
	close(): Promise<void>;
}

/** The parameters that all nodes have which start flows: short lives, and no long waits. */
export const startOptions = {
	timeoutSeconds: 15,
	sessionTtlMinutes: 1,
	replyQuietMs: 700,
	replyMaxWaitSeconds: 8,
};

/** How often expired sessions are reset, in s. */
export const SWEEP_EVERY_SECONDS = 20;

/** Counts of faults from the log of a sandbox. */
export class FaultCount {
	readonly counts = new Map<string, number>();

	/** Takes a line of the log. */
	readonly log = (line: string): void => {
		const kind = /\bfault=(\w+)/.exec(line)?.[1];
		if (kind !== undefined) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
	};
}
