import type { AuditEntry, CognigyClient, CognigyError } from '../../client';
import type { Difference } from '../editions/differences';
import type { Fault, Outcome } from './faults';
import type { Subject } from './service';

/** A method of the client that does something with the service. */
export type ClientOperation = Exclude<keyof CognigyClient, (typeof NOT_OPERATIONS)[number]>;

/** Methods that ask nothing of the service. */
export const NOT_OPERATIONS = [
	'check',
	'checkFollow',
	'metrics',
	'close',
	'sharesSessionsWith',
	'takeOver',
	'holdFollowed',
] as const;

/** What the v1 API does not have: nothing is sent. */
export const NOT_IN_V1: readonly ClientOperation[] = [
	'getTranscript',
	'listConversations',
	'getProfile',
	'createProfile',
	'updateProfile',
	'deleteProfile',
	'injectContext',
	'createSnapshot',
	'deploySnapshot',
	'rollBack',
	'getReleaseStatus',
	'deleteSnapshot',
	'exportPackage',
	'listEndpoints',
	'listSnapshots',
	'readEndpoint',
	'setWebhookUrl',
];

/** How often a call is repeated at most. */
export const RETRIES = 3;

/** What differs from the faults' own outcomes, by the name of the fault. */
export type Overrides = Readonly<Record<string, Partial<Override>>>;

/** An operation and the call of it that is hit. */
export interface Row {
	name: string;
	operation: ClientOperation;
	backend: 'v1' | 'ai';
	/** As the sandbox calls it. */
	call: string;
	/** What is hit, where that is not the call that is counted. */
	hit?: string;
	/** How often the service came to what is hit, where that is not the call that is counted. */
	reached?: (subject: Subject) => number;
	/** What must not run twice, where that is another call. */
	starts?: string;
	/** `safe`: guarantee 2. `start`: guarantee 1. `follow`: is told of and ridden out (guarantees 3 and 8). */
	kind: 'safe' | 'start' | 'follow';
	faults: readonly Fault[];
	/** The endpoint whose token the service gets. */
	endpoint?: string;
	/** What differs from the fault's own outcome, by the name of the fault: what the contract says of this call alone. */
	overrides?: Overrides;
	/** What comes out instead on an edition that has the difference. */
	differences?: Readonly<Partial<Record<Difference, Overrides>>>;
	/** An edition with this difference does not have what the row is about. */
	leftOutBy?: Difference;
	/** Whether sessions are recorded. */
	hasRegistry?: boolean;
	/** Whether the token is shared, where there is a Redis. */
	sharesLogin?: boolean;
	/** What comes before everything that can go wrong. */
	before?: (subject: Subject) => Promise<void>;
	/** What has to hold afterwards, once all is well again. */
	after?: (subject: Subject, result: Result | undefined) => Promise<void>;
	/** The time after which an attempt is given up, in ms. */
	attemptMs: number;
	/** What the audit counts when the call came so often. Undefined: it has none. */
	attempts?: (sent: number, hasFailed: boolean) => number;
	/** What an error of a start says when it may have arrived, or of a safe call that says so as well. */
	uncertainWords?: string;
	/** @returns what came out; it throws where the operation does */
	run: (subject: Subject, fault: Fault) => Promise<Result>;
}

export interface Override extends Outcome {
	/** How often the call comes when it is hit each time. */
	sent: number;
	/** How often the call comes when only the first is hit. */
	sentWhenOnce: number;
	/** What an error says of a change that the service took. */
	took: string;
	/** How often the call comes for each that we make. */
	sentPerAttempt: number;
	/** The pause that is made before the next attempt, in ms. */
	asksForMs: number;
	/** Whether the result has a warning. */
	warns: boolean;
	/** How often at most a call of a `follow` is hit. */
	times: number;
	/** What is heard, in order, where that is not what was said. */
	heard: readonly string[];
	/** `ends`: the stream does. `nothing`: goes on as if nothing were. `gap`: nothing is heard in time. */
	follow: 'ends' | 'nothing' | 'gap';
}

export interface Result {
	audit?: AuditEntry;
	/** Everything else that shows. */
	shown: unknown;
	/** Of a `follow`: what was to be heard, and what was. */
	said?: readonly string[];
	heard?: readonly string[];
	/** What the follower was told of; undefined: it has nobody to tell. */
	troubles?: readonly CognigyError[];
	recovered?: number;
	hasEnded?: boolean;
	warnings?: readonly string[];
}
