import type { RetryAfterForm } from '../http/rateLimit';
import type { Http2Options } from '../http/httpServer';
import type { TlsMaterial } from '../http/tls';

/** How the Endpoint service puts an error; no source says which is right. */
export const ENDPOINT_ERROR_FORMS = ['error', 'message', 'detail', 'text', 'html'] as const;
export type EndpointErrorForm = (typeof ENDPOINT_ERROR_FORMS)[number];

/** What a message gets whose URL has a token that no endpoint has: 404, or 400 without a word. */
export const UNKNOWN_TOKEN_ANSWERS = ['notFound', 'empty'] as const;
export type UnknownTokenAnswer = (typeof UNKNOWN_TOKEN_ANSWERS)[number];

/** Which clients the Socket.IO server takes. `v2`: it is an old one, which talks EIO 3 to everybody. `v4`: no EIO 3. */
export const SOCKET_PROTOCOLS = ['both', 'v2', 'v4'] as const;
export type SocketProtocol = (typeof SOCKET_PROTOCOLS)[number];

/** What a socket with a bad token gets; no source says which is right. All but `silence` are followed by a disconnect. */
export const SOCKET_REFUSALS = ['exception', 'error', 'output', 'disconnect', 'silence'] as const;
export type SocketRefusal = (typeof SOCKET_REFUSALS)[number];

/** Where the link to a package points to: to the API, or to the Endpoint service, which has another origin. */
export const DOWNLOAD_ORIGINS = ['api', 'other'] as const;
export type DownloadOrigin = (typeof DOWNLOAD_ORIGINS)[number];

/** How the name of the deployment in a context reset may be spelled; sources differ. */
export const ENTRYPOINT_SPELLINGS = ['both', 'entrypoint', 'entryPoint'] as const;
export type EntrypointSpelling = (typeof ENTRYPOINT_SPELLINGS)[number];

/** What the sources leave open or contradict each other about, and how the sandbox is to behave there. */
export interface UnsettledOptions {
	/** What is answered to who does not ask for `application/json`. Default `hal`. */
	defaultFormat?: 'hal' | 'json';
	/** How the cursors of a page are called. Default `nextCursor` (and `previousCursor`). */
	cursorNames?: 'nextCursor' | 'next';
	/** What `filter` compares with a name. Default `part`. */
	filter?: 'part' | 'exact';
	/** Default `both`. */
	entrypointSpelling?: EntrypointSpelling;
	/** Whether an injected context is merged into the one that is there or replaces it. Default `merge`. */
	contextInject?: 'merge' | 'replace';
	/** Whether `settings` in a PATCH is merged into the settings that are there or replaces them. Default `merge`. */
	settingsPatch?: 'merge' | 'replace';
	/** What a PATCH of an endpoint answers: 204, or 200 with the endpoint. Default `empty`. */
	updateAnswer?: 'empty' | 'endpoint';
	/** What becomes of resets and injects into sessions that nobody has used: all is well, or 404. Default `accept`. */
	unknownSession?: 'accept' | 'notFound';
	/** What is answered for the transcript of a session that has none: a list without items, or 404. Default `empty`. */
	unknownConversation?: 'empty' | 'notFound';
	/** What `filter` of the list of profiles is compared with contact IDs as. Default `part`. */
	profileFilter?: 'part' | 'pattern';
	/** Whether `profile` in a PATCH is merged into the one that is there or replaces it. Default `merge`. */
	profilePatch?: 'merge' | 'replace';
	/** Which keys of a profile are kept: all, or those that projects have by default. Default `any`. */
	profileKeys?: 'any' | 'default';
	/** Whether a contact may be given a second profile, or that is refused with 409. Default `one`. */
	profilesOfContact?: 'one' | 'several';
	/** How the list of conversations comes: in pages with a cursor, or whole and without a total, as the reference has it. Default `pages`. */
	conversationList?: 'pages' | 'whole';
	/** The order of that list. Default `newestFirst`. */
	conversationOrder?: 'newestFirst' | 'oldestFirst';
	/** What tells the session in it: a field of its own, or `_id`. Default `sessionId`. */
	conversationId?: 'sessionId' | '_id';
	/** The order in which a transcript is handed out. Default `oldestFirst`. */
	transcriptOrder?: 'oldestFirst' | 'newestFirst';
	/** Whether what is said besides the text is an object in a transcript, or its JSON. Default `object`. */
	transcriptData?: 'object' | 'json';
	/** How far a task is told to be: in percent, or by counting steps as in older versions. Default `progress`. */
	taskProgress?: 'progress' | 'steps';
	/** What deleting a snapshot answers: a task, or nothing, when it is done at once. Default `task`. */
	deleteAnswer?: 'task' | 'empty';
	/** Default `api`. */
	downloadOrigin?: DownloadOrigin;
	/** Whether `downloadOrigin` comes only by a redirect from the API. Default false. */
	downloadRedirect?: boolean;
	/** Whether the deprecated `/endpoint/inject` and `/endpoint/notify` of the management API are there. Default true. */
	oldInjectRoutes?: boolean;
	/** Default `notFound`. */
	unknownToken?: UnknownTokenAnswer;
	/** What the API calls the token of an endpoint. Default `URLToken`. */
	tokenName?: 'URLToken' | 'urlToken';
	/** Settings of endpoints of which the API shows only the beginning, and bullets. Default: none. */
	hiddenSettings?: ReadonlyArray<'basicAuthPassword' | 'webhookUrl'>;
	/** Default `error`: `{"error": …}`. */
	endpointErrors?: EndpointErrorForm;
	/** What `text` and `data` of a REST answer hold: all texts joined, or the last output's. Default `joined`. */
	restText?: 'joined' | 'last';
	/** Default `exception`. */
	socketRefusal?: SocketRefusal;
	/** Whether outputs are acknowledged, and kept for the next connection when they are not. Default true. */
	eventBuffer?: boolean;
	/** Whether sockets are told that they may send. Servers before 4.79 do not. Default true. */
	endpointReady?: boolean;
	/** How the end of a turn is told: an event of its own, an `output` with this type (v3 servers), or not. Default `event`. */
	finalPing?: 'event' | 'output' | 'none';
	/** Whether the end of a turn is told after an error too. Default true. */
	finalPingAfterError?: boolean;
	/** Whether `resetFlow` starts the flow from its beginning; stock installations switch that off. Default false. */
	resetFlow?: boolean;
}

export interface CognigyAiSandboxOptions extends UnsettledOptions, Http2Options {
	/** Default 127.0.0.1. */
	host?: string;
	/** Where the management API listens. Default 0: any free port. */
	port?: number;
	/** Where the Endpoint service listens. Default 0: any free port. */
	endpointPort?: number;
	/** True: a certificate is made for this run. Default: plain HTTP. */
	tls?: boolean | TlsMaterial;
	/** How long every answer over HTTP, also to an upgrade, is held back, in ms. Default 0. */
	latencyMs?: number;
	/** How many calls an IP address may make to the management API in any 5 minutes; 0: no limit. Default 1000. */
	requestsPer5Minutes?: number;
	/** The form of `Retry-After` in a 429. Default `seconds`. */
	retryAfter?: RetryAfterForm;
	/** How large a JSON body for the management API may be, in bytes. Default 60,000. */
	maxBodyBytes?: number;
	/** Whether a GET with a body is refused with 403. Default true. */
	refuseGetBody?: boolean;
	/** The most that a page holds, whatever `limit` asks for. Default 100. */
	maxPageSize?: number;
	/** So many more snapshots and endpoints in the demo project, listed before the others. Default 0. */
	fillers?: number;
	/** How many snapshots a project may have. Default 10. */
	snapshotLimit?: number;
	/** What snapshots lack, by their names: names of flows, or `locale`. Default: nothing. */
	snapshotsWithout?: Readonly<Record<string, readonly string[]>>;
	/** The states that a task goes through before it is over, one with each call to the API. Default: `queued`, `active`. */
	taskStates?: readonly string[];
	/** How many questions for the link to a package are answered with 409 before it is ready. Default 1. */
	linkNotReady?: number;
	/** How many downloads of a package are the first bytes of the file only, before it is complete. Default 0. */
	placeholderDownloads?: number;
	/** How large a package is at least, in bytes. Default 0. */
	packageBytes?: number;
	/** Profiles in the demo project, besides those of whoever has said something. Default: none. */
	profiles?: ReadonlyArray<{ contactIds: readonly string[]; profile: Readonly<Record<string, unknown>> }>;
	/** So many conversations that were had before in the demo project. Default 0. */
	pastConversations?: number;
	/** How much of each of them is of no use to anybody, in bytes. Default 0. */
	pastConversationPadding?: number;
	/** Where the Webhook endpoints post to; they can be told another address. Default: nowhere. */
	webhookUrl?: string;
	/** How long it takes until something that was said is in the transcript, in ms. Default 0. */
	transcriptDelayMs?: number;
	/** How long a flow takes for each output, in ms. Default 0. */
	outputDelayMs?: number;
	/** How long the flows take for what is slow, or comes later, in ms. Default 2000. */
	slowMs?: number;
	/** How long the Socket.IO server waits for an acknowledgement, in ms. Default 2000. */
	ackTimeoutMs?: number;
	/** How often the Socket.IO server pings, in ms. Default 25,000. */
	pingIntervalMs?: number;
	/** How long it waits for the pong, in ms. Default 20,000. */
	pingTimeoutMs?: number;
	/** Default `both`. */
	socketProtocol?: SocketProtocol;
	/** How long an idle connection is kept open, in ms. Default 65,000. Clients are not told, as with many proxies. */
	keepAliveTimeoutMs?: number;
	/** The clock for the rate limit and timestamps, in ms. Default `Date.now`. Delays and waits use real time. */
	now?: () => number;
	/** Takes one line per request, socket event and callback. Default: no log. */
	log?: (line: string) => void;
}

/** All options that parts of the sandbox ask for while it runs. */
export type Settings = Required<UnsettledOptions> &
	Required<
		Pick<
			CognigyAiSandboxOptions,
			| 'latencyMs'
			| 'retryAfter'
			| 'maxBodyBytes'
			| 'refuseGetBody'
			| 'maxPageSize'
			| 'snapshotLimit'
			| 'snapshotsWithout'
			| 'taskStates'
			| 'linkNotReady'
			| 'placeholderDownloads'
			| 'packageBytes'
			| 'profiles'
			| 'pastConversations'
			| 'pastConversationPadding'
			| 'transcriptDelayMs'
			| 'outputDelayMs'
			| 'slowMs'
			| 'ackTimeoutMs'
			| 'pingIntervalMs'
			| 'pingTimeoutMs'
			| 'socketProtocol'
			| 'keepAliveTimeoutMs'
			| 'now'
		>
	>;

const DEFAULTS: Settings = {
	defaultFormat: 'hal',
	cursorNames: 'nextCursor',
	filter: 'part',
	entrypointSpelling: 'both',
	contextInject: 'merge',
	settingsPatch: 'merge',
	updateAnswer: 'empty',
	unknownSession: 'accept',
	unknownConversation: 'empty',
	profileFilter: 'part',
	profilePatch: 'merge',
	profileKeys: 'any',
	profilesOfContact: 'one',
	conversationList: 'pages',
	conversationOrder: 'newestFirst',
	conversationId: 'sessionId',
	transcriptOrder: 'oldestFirst',
	transcriptData: 'object',
	taskProgress: 'progress',
	deleteAnswer: 'task',
	downloadOrigin: 'api',
	downloadRedirect: false,
	oldInjectRoutes: true,
	unknownToken: 'notFound',
	tokenName: 'URLToken',
	hiddenSettings: [],
	endpointErrors: 'error',
	restText: 'joined',
	socketRefusal: 'exception',
	eventBuffer: true,
	endpointReady: true,
	finalPing: 'event',
	finalPingAfterError: true,
	resetFlow: false,
	latencyMs: 0,
	retryAfter: 'seconds',
	maxBodyBytes: 60_000,
	refuseGetBody: true,
	maxPageSize: 100,
	snapshotLimit: 10,
	snapshotsWithout: {},
	taskStates: ['queued', 'active'],
	linkNotReady: 1,
	placeholderDownloads: 0,
	packageBytes: 0,
	profiles: [],
	pastConversations: 0,
	pastConversationPadding: 0,
	transcriptDelayMs: 0,
	outputDelayMs: 0,
	slowMs: 2000,
	ackTimeoutMs: 2000,
	pingIntervalMs: 25_000,
	pingTimeoutMs: 20_000,
	socketProtocol: 'both',
	keepAliveTimeoutMs: 65_000,
	now: Date.now,
};

/** Fills in the defaults. */
export function settingsOf(options: CognigyAiSandboxOptions): Settings {
	const given = Object.entries(options).filter(([, value]) => value !== undefined);
	return { ...DEFAULTS, ...(Object.fromEntries(given) as CognigyAiSandboxOptions) };
}
