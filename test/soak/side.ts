import type { N8nClient } from '../../n8n-host';
import type { TlsMaterial } from '../../sandbox';
import type { CallLedger } from './callLedger';
import type { Gate } from './gate';
import type { MessageLedger } from './messageLedger';

export const HTTP_VERSIONS = ['2', '1.1'] as const;
export type HttpVersion = (typeof HTTP_VERSIONS)[number];

/** What a side is made with. */
export interface SideOptions {
	tls: TlsMaterial;
	http: HttpVersion;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
}

/** How the sandboxes offer it: also with HTTP/2, sockets need 1.1. */
export const offered = { '2': 'both', '1.1': '1.1' } as const;

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
	/** The version of HTTP that its service offers; sockets begin with 1.1 in any case. */
	readonly http: HttpVersion;
	/** How many requests came over HTTP/2. */
	readonly http2Requests: number;
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

/** What the log of a sandbox tells. */
export class ServiceLog {
	/** Faults that have happened, by kind. */
	readonly faults = new Map<string, number>();
	/** Requests that came over HTTP/2. */
	http2Requests = 0;

	/** Takes a line of the log. */
	readonly log = (line: string): void => {
		const kind = /\bfault=(\w+)/.exec(line)?.[1];
		if (kind !== undefined) this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
		if (line.includes('  HTTP/2')) this.http2Requests++;
	};
}

/** What can happen to a request of HTTP/2 alone, besides what can happen to any; each as probable as the others. */
export const http2Faults = [
	{ kind: 'resetStream', code: 'REFUSED_STREAM' },
	{ kind: 'resetStream', code: 'ENHANCE_YOUR_CALM' },
	{ kind: 'goAway' },
	{ kind: 'goAway', code: 'ENHANCE_YOUR_CALM', taken: true },
] as const;
