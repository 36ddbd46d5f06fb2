import { ExpiringMap } from '../../expiringMap';
import type { AiOutput, SessionAddress } from '../contract';
import { deploymentName, type Endpoint, type Flow, type Resources } from '../resources';

/** Seven days, counted from the last message. */
const TTL_MS = 7 * 24 * 60 * 60_000;
const MAX_SESSIONS = 10_000;

/** What became of an output. `lost`: there was nowhere to send it to. */
export type DeliveryState = 'pending' | 'delivered' | 'acknowledged' | 'kept' | 'failed' | 'lost';

/** Something that was said in a session. */
export interface ConversationEntry {
	type: 'input' | 'output';
	/** Who said it. `inject`, `notify`: somebody in the place of the user or the bot. */
	source: 'user' | 'bot' | 'inject' | 'notify';
	/** A human says it in the place of the bot. */
	isAgent?: true;
	text: string;
	data: Record<string, unknown>;
	/** ISO 8601. */
	timestamp: string;
	testMode: boolean;
	/** Of outputs: the handle of the turn. */
	traceId: string | null;
	/** Of outputs: how often it was sent, and what became of it. */
	delivery: { sent: number; state: DeliveryState } | null;
}

/** What the service keeps of a session. */
export interface CognigyAiSession extends SessionAddress {
	/** The name of the endpoint that it was used through last. */
	endpoint: string;
	/** What it runs on: a project or a snapshot. It stays there when the endpoint is deployed anew. */
	entrypoint: string;
	/** The name of that snapshot, or `live project`. */
	deployment: string;
	flowId: string;
	context: Record<string, unknown>;
	/** The flow state, which is not the position in the flow. */
	state: string;
	/** How many inputs there were. */
	turns: number;
	conversation: ConversationEntry[];
}

/** The sessions that were used, by user and session id. */
export class Sessions {
	readonly #sessions: ExpiringMap<CognigyAiSession>;
	readonly #resources: Resources;

	/** @param now the clock, in ms */
	constructor(resources: Resources, now: () => number) {
		this.#resources = resources;
		this.#sessions = new ExpiringMap(TTL_MS, MAX_SESSIONS, now);
	}

	/** Least recently used first. */
	all(): CognigyAiSession[] {
		return this.#sessions.values();
	}

	find(address: SessionAddress): CognigyAiSession | undefined {
		return this.#sessions.get(keyOf(address));
	}

	/**
	 * The session that is used through an endpoint; a new one when there is none. It stays with the endpoint's deployment
	 * of that time until another endpoint uses it.
	 */
	use({ userId, sessionId }: SessionAddress, endpoint: Endpoint): CognigyAiSession {
		const address = { userId, sessionId };
		const known = this.find(address);
		const session = known ?? {
			...address,
			...this.#deploymentOf(endpoint),
			context: this.defaultContext(endpoint.flowId),
			state: 'default',
			turns: 0,
			conversation: [],
		};
		if (session.endpoint !== endpoint.name) Object.assign(session, this.#deploymentOf(endpoint));
		this.#sessions.set(keyOf(address), session);
		return session;
	}

	/** Forgets it, with all that was said in it. */
	delete(address: SessionAddress): void {
		this.#sessions.delete(keyOf(address));
	}

	/** The flow with this reference id. */
	flowOf(flowId: string): Flow | undefined {
		return this.#resources.flows.find(({ referenceId }) => referenceId === flowId);
	}

	/** What the context of a session with this flow begins with. */
	defaultContext(flowId: string): Record<string, unknown> {
		return { ...this.flowOf(flowId)?.script.defaultContext };
	}

	#deploymentOf({ name, entrypoint, flowId }: Endpoint) {
		return { endpoint: name, entrypoint, flowId, deployment: deploymentName(this.#resources, entrypoint) };
	}
}

/** One text for an address; no two addresses have the same. */
export function keyOf({ userId, sessionId }: SessionAddress): string {
	return JSON.stringify([userId, sessionId]);
}

/** An output, and the entry of the conversation that tells what becomes of it. */
export interface Said {
	output: AiOutput;
	entry: ConversationEntry;
}
