import type { OpenSharedBudget } from '../budget/accountBudget';
import type { SocketTransport } from '../cognigyAi/socket/transport';
import type { StateStore } from '../openState';
import type { SessionRegistry } from '../registry/sessionRegistry';
import type { SharedSessions } from '../streams/feed/sharedSessions';
import type { Clock } from '../time/clock';
import type { EgressPolicy } from '../transport/egress';
import type { FileTransport } from '../transport/http';
import type { WebSocketTransport } from '../transport/webSocket';
import type { ShareLogin } from '../v1/tokens';

/**
 * What an edition of this package is made of (docs/editions.md). Everything else is the same in all editions, and knows
 * none of them.
 */
export interface Edition {
	readonly clock: Clock;
	readonly host: Host;
	httpTransport(egress: EgressPolicy): FileTransport;
	webSocketTransport(egress: EgressPolicy): WebSocketTransport;
	/** Sockets of Cognigy.AI endpoints. */
	socketTransport(egress: EgressPolicy): SocketTransport;
	/**
	 * Where a credential keeps its sessions.
	 * @param store what the credential says; it may come from another edition, which serves more
	 * @param folder n8n's folder, for what is kept on this machine
	 */
	openRegistry(store: StateStore, folder: string, onWarning: (message: string) => void): SessionRegistry;
	/** Why no sessions can be kept on this machine, to continue a sentence; undefined if they can. */
	localRegistryProblem(): Promise<string | undefined>;
	/** What several processes share, where the credential names a place for it; missing: each process is on its own. */
	readonly sharedState?: SharedState;
}

export interface SharedState {
	openBudget: OpenSharedBudget;
	/**
	 * Shares the token of a login.
	 * @param account who is logged in; holds no secret
	 */
	shareLogin(redisUrl: string, account: string, login: { password: string; tokenTtlMinutes: number }): ShareLogin;
	/** Shares the sessions of an account: one process asks for them. @param account holds no secret */
	shareSessions(redisUrl: string, account: string): SharedSessions;
	/** Tries out all that is needed of the place. @throws {CognigyError} `server` with the reason when it cannot be used */
	check(redisUrl: string): Promise<void>;
}

/** The process that runs n8n. */
export interface Host {
	/** n8n's folder, for what must outlive it. */
	stateFolder(): string;
	/** Whether n8n runs its executions in workers, which may be other processes, on other machines. */
	isQueueMode(): boolean;
	/** Whether whoever runs this n8n has asked for a network policy (SSRF protection). */
	wantsEgressPolicy(): boolean;
	/**
	 * What exists once in this process, whichever copy of this package made it, as far as the edition can see the others:
	 * n8n loads a new version beside the one that runs, and what runs goes on.
	 * @param name with the number of what is kept there: a copy that keeps something else under it takes another number
	 */
	processWide<T extends object>(name: string, create: () => T): T;
	/** One listener for each of many calls is no leak, and no reason for Node to warn. */
	allowManyListeners(signal: AbortSignal): void;
	/** Lets other work of the process go first. */
	nextTurn(): Promise<void>;
}
