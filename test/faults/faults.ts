import type { ErrorCategory } from '../../client';
import type { Difference } from '../editions/differences';
import type { RedisFault } from '../support/redisProxy';
import type { Overrides } from './rows';
import { DEAD_AFTER_MS } from './silence';
import type { FaultSpec, Subject, Way } from './service';
import type { RegistryFault } from './state';

/** What is to become of a call that is hit by a fault each time it is made. */
export interface Outcome {
	/** Of the error; `success`: the fault does no harm. */
	category: ErrorCategory | 'success';
	/** Whether a safe call is made again (guarantee 2). */
	passes: boolean;
	/**
	 * What a start is told (guarantee 1): it did not run and is sent `again`, it did not run and is `refused`, or it may
	 * have run and is not sent again.
	 */
	start: 'again' | 'refused' | 'mayHaveRun';
}

/** Numbers of the messages that a poll brings; or a fault. */
export type Poll = readonly number[] | FaultSpec;

export interface Fault extends Outcome {
	name: string;
	/** On an edition with this difference it cannot happen. */
	leftOutBy?: Difference;
	/** On an edition with this difference the service keeps the connection open, as it does not hear our goodbye. */
	leavesOpenBy?: Difference;
	/** Another one, whose outcome it has also where a row has its own. */
	like?: string;
	/** Goes over TLS and HTTP/2. */
	isHttp2?: boolean;
	/** It is sent over HTTP/1.1 from then on, where this does not happen. */
	endsHttp2?: boolean;
	/** Other requests that its connection carries, and what becomes of them. */
	company?: 'lost' | 'cancelled';
	/** After this time it is noticed that the connection is silent, in ms; else a time limit ends. */
	noticedAfterMs?: number;
	/** The service does not notice that the connection is closed. */
	staysOpen?: boolean;
	/** What the service does to the call. */
	spec?: FaultSpec;
	/** Where the way to the service is broken. */
	way?: Way;
	/** What is wrong with the session registry. */
	registry?: RegistryFault;
	/** The registry does not come to work again while the client runs. */
	staysBroken?: boolean;
	/** What happens to Redis. */
	redis?: RedisFault;
	/** By how much somebody sets the wall clock while the operation runs, in ms. */
	jumpMs?: number;
	/** What the service answers to polls, one after the other, before it has nothing more. */
	polls?: readonly Poll[];
	/** What is heard, in order, where that is not what was said. */
	heard?: readonly string[];
	/** Changes the service before. */
	prepare?: (subject: Subject) => Promise<void>;
	/** Whether nothing happens until a time limit ends. */
	isSlow?: boolean;
	/** The pause that the service asks for before the next attempt, in ms. */
	asksForMs?: number;
}

const passing = { passes: true, start: 'mayHaveRun' } as const;
const refused = { passes: false, start: 'refused' } as const;
const unusable = { passes: false, start: 'mayHaveRun' } as const;
const again = { passes: true, start: 'again' } as const;

/** Words of a service that repeats what must not show: the runner puts a secret in their place. */
export const SECRET = '(a secret)';

const says = (status: number, headers: Record<string, string> = {}): FaultSpec => ({
	kind: 'status',
	status,
	headers,
	body: { message: `No. You sent ${SECRET}`, detail: `No. You sent ${SECRET}` },
});

const statusFault = (status: number, outcome: Outcome, headers?: Record<string, string>): Fault => ({
	name: [status, ...Object.entries(headers ?? {}).map(([name, value]) => `${name} ${value}`)].join(', '),
	spec: says(status, headers),
	...outcome,
});

/** Where a redirect points; nothing may arrive there. */
export const REDIRECT_TARGET = '(redirect target)';

/** A second after the clock of the matrix begins. */
const IN_A_SECOND = 'Sat, 31 Jan 2026 12:00:01 GMT';

/** What an HTTP service can answer, in place of what was asked for. */
export const statusFaults: readonly Fault[] = [
	statusFault(400, { category: 'invalidInput', ...refused }),
	statusFault(401, { category: 'authentication', ...refused }),
	statusFault(403, { category: 'permission', ...refused }),
	statusFault(404, { category: 'notFound', ...refused }),
	statusFault(408, { category: 'server', ...passing }),
	statusFault(409, { category: 'protocol', ...refused }),
	statusFault(413, { category: 'invalidInput', ...refused }),
	statusFault(418, { category: 'protocol', ...refused }),
	statusFault(429, { category: 'rateLimit', ...again }),
	{ ...statusFault(429, { category: 'rateLimit', ...again }, { 'Retry-After': '1' }), asksForMs: 1_000 },
	{ ...statusFault(429, { category: 'rateLimit', ...again }, { 'Retry-After': IN_A_SECOND }), asksForMs: 0 },
	statusFault(429, { category: 'rateLimit', ...refused }, { 'Retry-After': '3600' }),
	statusFault(500, { category: 'server', ...passing }),
	statusFault(502, { category: 'server', ...passing }),
	statusFault(503, { category: 'server', ...passing }),
	{ ...statusFault(503, { category: 'server', ...passing }, { 'Retry-After': '1' }), asksForMs: 1_000 },
	statusFault(504, { category: 'server', ...passing }),
	{
		name: 'redirect to another host',
		category: 'protocol',
		...refused,
		spec: { kind: 'status', status: 307, headers: { location: REDIRECT_TARGET }, body: '' },
	},
];

const megabytes = 9;

/** What can happen to an exchange and to the body of its answer. */
export const exchangeFaults: readonly Fault[] = [
	{ name: 'closed before it ran', spec: { kind: 'dropBefore' }, category: 'network', ...passing },
	{ name: 'reset before it ran', spec: { kind: 'resetBefore' }, category: 'network', ...passing },
	{ name: 'closed after it ran', spec: { kind: 'dropAfter' }, category: 'network', ...passing },
	{ name: 'reset after it ran', spec: { kind: 'resetAfter' }, category: 'network', ...passing },
	{ name: 'closed during the body', spec: { kind: 'truncate' }, category: 'network', ...passing },
	{ name: 'no answer', spec: { kind: 'hang' }, category: 'timeout', isSlow: true, ...passing },
	{
		name: 'a body that does not end in time',
		spec: { kind: 'slowBody', intervalMs: 600_000 },
		category: 'timeout',
		isSlow: true,
		...passing,
	},
];

/** Answers that are not what the contract says. What is no JSON at all may have been garbled on its way. */
export const bodyFaults: readonly Fault[] = [
	{ name: 'JSON that breaks off', spec: { kind: 'badJson' }, category: 'protocol', ...passing },
	{ name: 'HTML', spec: { kind: 'wrongContentType' }, category: 'protocol', ...passing },
	{ name: 'text', spec: { kind: 'status', status: 200, body: 'hello' }, category: 'protocol', ...passing },
	{ name: 'nothing', spec: { kind: 'status', status: 200, body: '' }, category: 'protocol', ...passing },
	{ name: 'a list', spec: { kind: 'wrongShape' }, category: 'protocol', ...unusable },
	{ name: 'a number', spec: { kind: 'wrongShape', body: 7 }, category: 'protocol', ...unusable },
];

/** Somebody in front of Cognigy.AI says no with a page of his own: no fault of a key. */
export const firewallFaults: readonly Fault[] = [
	{ name: 'an HTML 403', spec: { kind: 'htmlError', status: 403 }, category: 'network', ...refused },
];

/** What an endpoint's URL with a wrong token gets. */
export const unknownTokenFaults: readonly Fault[] = [
	{ name: '400 without a word', spec: { kind: 'status', status: 400, body: '' }, category: 'invalidInput', ...refused },
];

const made = (name: string, body: unknown, headers: Record<string, string> = {}): Fault => ({
	name: `${name} of a transformer`,
	spec: { kind: 'answer', body, headers },
	category: 'success',
	...passing,
});

/** What an output transformer can make of an answer: the flow ran. */
export const transformFaults: readonly Fault[] = [
	made('text', `Hello. ${SECRET}`),
	made('text that is called HTML', `Hello. ${SECRET}`, { 'content-type': 'text/html' }),
	made('a JSON text', JSON.stringify(`Hello. ${SECRET}`)),
	made('a list', ['Hello', { of: SECRET }]),
	made('JSON', { order: SECRET }),
	made('nothing', ''),
];

const refusedAfter = (status: number, category: ErrorCategory): Fault => ({
	name: `${status} of a transformer`,
	spec: { kind: 'answer', status, body: { message: `No. You sent ${SECRET}` } },
	category,
	...unusable,
});

/** The same, where it says that something went wrong; and an agent that broke down. */
export const afterRunFaults: readonly Fault[] = [
	refusedAfter(400, 'invalidInput'),
	refusedAfter(402, 'permission'),
	refusedAfter(409, 'protocol'),
	refusedAfter(410, 'protocol'),
	refusedAfter(422, 'protocol'),
	refusedAfter(500, 'server'),
	...[`No. ${SECRET}`, { code: 504, message: `No. ${SECRET}` }].map((error): Fault => ({
		name: `an error of an agent, as ${typeof error}`,
		spec: { kind: 'answer', body: { text: '', data: {}, outputStack: [], error } },
		category: 'server',
		...unusable,
	})),
];

/** Bodies that cannot be read, whoever wants to know what they say. */
export const unreadableFaults: readonly Fault[] = [
	{
		name: 'a huge body',
		spec: { kind: 'hugeBody', bytes: megabytes * 1024 * 1024 },
		category: 'protocol',
		...unusable,
	},
	{ name: 'a small body that inflates', spec: { kind: 'gzipBomb', megabytes }, category: 'protocol', ...unusable },
	{
		name: 'gzip that is none',
		spec: { kind: 'status', status: 200, headers: { 'content-encoding': 'gzip' }, body: 'no gzip' },
		category: 'protocol',
		...unusable,
	},
];

const overHttp2 = (name: string, spec: FaultSpec, outcome: Partial<Fault> & Pick<Outcome, 'start'>): Fault => ({
	name: `HTTP/2: ${name}`,
	spec,
	isHttp2: true,
	leftOutBy: 'no-http2',
	category: 'network',
	passes: true,
	...outcome,
});

/** How long an answer takes at least while other requests are stopped, in ms. */
const WHILE_OTHERS_STOP_MS = 100;

/** What can happen to an exchange of HTTP/2, besides what can happen to any. */
export const http2Faults: readonly Fault[] = [
	overHttp2('a request that is refused', { kind: 'resetStream', code: 'REFUSED_STREAM' }, { start: 'again' }),
	overHttp2('a connection that ends before it took the request', { kind: 'goAway' }, { start: 'again' }),
	overHttp2(
		'a connection that ends with an error after it took the request',
		{ kind: 'goAway', code: 'INTERNAL_ERROR', taken: true },
		{ start: 'mayHaveRun', like: 'closed before it ran', company: 'lost' },
	),
	overHttp2(
		'a connection that is cut with all that it carries',
		{ kind: 'dropBefore' },
		{ start: 'mayHaveRun', like: 'closed before it ran', company: 'lost' },
	),
	overHttp2(
		'a request that is to come over HTTP/1.1',
		{ kind: 'resetStream', code: 'HTTP_1_1_REQUIRED' },
		{ start: 'again', endsHttp2: true },
	),
	overHttp2(
		'a request that is too much load',
		{ kind: 'resetStream', code: 'ENHANCE_YOUR_CALM' },
		{ start: 'mayHaveRun', like: 'closed before it ran' },
	),
	overHttp2(
		'a connection that is too much load, before it took the request',
		{ kind: 'goAway', code: 'ENHANCE_YOUR_CALM' },
		{ start: 'again', company: 'lost' },
	),
	overHttp2(
		'a connection that is too much load, after it took the request',
		{ kind: 'goAway', code: 'ENHANCE_YOUR_CALM', taken: true },
		{ start: 'mayHaveRun', like: 'closed before it ran', company: 'lost' },
	),
	overHttp2('503, Retry-After 1', says(503, { 'Retry-After': '1' }), {
		category: 'server',
		start: 'mayHaveRun',
		asksForMs: 1_000,
		like: '503',
	}),
	overHttp2(
		'others on its connection are stopped',
		{ kind: 'latency', ms: WHILE_OTHERS_STOP_MS },
		{ category: 'success', start: 'mayHaveRun', company: 'cancelled' },
	),
	overHttp2(
		'a connection on which nothing is read any more',
		{ kind: 'stall' },
		{ category: 'timeout', isSlow: true, staysOpen: true, start: 'mayHaveRun', like: 'no answer' },
	),
];

/** Noticed with a PING (RFC 9113, 6.7) before any time limit ends. */
export const silentConnection = overHttp2(
	'a connection that does not answer a PING',
	{ kind: 'stall' },
	{ start: 'mayHaveRun', isSlow: true, noticedAfterMs: DEAD_AFTER_MS, staysOpen: true, like: 'closed before it ran' },
);

export const httpFaults = [...statusFaults, ...exchangeFaults, ...http2Faults, ...bodyFaults, ...unreadableFaults];

/** As a follower sees them: it would just wait for an hour where it is told to. */
export const followFaults = httpFaults.filter(({ name }) => name !== '429, Retry-After 3600');

const texts = (...numbers: number[]) => numbers.map((number) => `${number}`);

const delivery = (name: string, heard: readonly number[], ...polls: Poll[]): Fault => ({
	name,
	polls,
	heard: texts(...heard),
	category: 'success',
	...passing,
});

const brokenPoll: FaultSpec = { kind: 'dropBefore' };
const noNews: Poll = [];

/**
 * Ways in which messages can be handed out: `messageId` decides what is new (docs/protocol-v1.md#messages), and what
 * came is told as it came. The last message ends what listens.
 */
export const deliveryFaults: readonly Fault[] = [
	delivery('each once', [1, 2, 3, 9], [1], [2], [3], [9]),
	delivery('twice in one answer', [1, 2, 9], [1, 1, 2, 1, 2], [9, 9]),
	delivery('again in later answers', [1, 2, 3, 9], [1], [1, 2], [2, 3], [1, 2, 3, 9]),
	delivery('nothing but old ones for a while', [1, 2, 9], [1, 2], [1, 2], [2, 1], noNews, [1, 2], [9]),
	delivery('an older one later', [2, 3, 1, 9], [2, 3], [1], [3, 9]),
	delivery('newest first', [3, 2, 1, 9], [3, 2, 1], [9]),
	delivery('an older one between two that are known', [1, 3, 2, 9], [1, 3], [1, 2, 3], [9]),
	delivery('all again after a broken connection', [1, 2, 3, 9], [1, 2], brokenPoll, [1, 2, 3], [9]),
	delivery('all again after a new login', [1, 2, 3, 9], [1, 2], { kind: 'status', status: 401 }, [1, 2, 3], [9]),
	delivery('none that was asked for while the connection broke', [1, 9], [1], brokenPoll, brokenPoll, [9]),
];

/** What comes on the runtime channel besides the one answer. */
export const surplusFaults: readonly Fault[] = [
	{ name: 'its answer twice', spec: { kind: 'twice' }, category: 'success', ...passing },
	{ name: 'its answer once more, later', spec: { kind: 'twice', late: true }, category: 'success', ...passing },
];

const frame = (name: string, spec: FaultSpec, category: ErrorCategory, passes: boolean, isSlow = false): Fault => ({
	name,
	spec,
	category,
	passes,
	start: 'refused',
	isSlow,
});

/** What can happen to a frame on the runtime channel. */
export const frameFaults: readonly Fault[] = [
	frame('no answer', { kind: 'hang' }, 'timeout', true, true),
	{
		...frame('a channel that is silent from now on', { kind: 'freeze' }, 'timeout', true, true),
		leavesOpenBy: 'cannot-cut',
	},
	frame('an answer that is lost', { kind: 'lostAnswer' }, 'timeout', true, true),
	frame('cut before it ran', { kind: 'dropBefore' }, 'network', true),
	frame('reset before it ran', { kind: 'resetBefore' }, 'network', true),
	frame('cut after it ran', { kind: 'dropAfter' }, 'network', true),
	frame('reset after it ran', { kind: 'resetAfter' }, 'network', true),
	...[1000, 1001, 4000].map((code) => frame(`closed with ${code}`, closed(code), 'network', true)),
	...[1011, 1012, 1013].map((code) => frame(`closed with ${code}`, closed(code), 'server', true)),
	...[1008, 1009].map((code) => frame(`closed with ${code}`, closed(code), 'rejected', false)),
	...[1002, 1003, 1007, 1010].map((code) => frame(`closed with ${code}`, closed(code), 'protocol', false)),
	frame('a list', { kind: 'answer' }, 'protocol', false),
	frame('text', { kind: 'answer', body: 'hello' }, 'protocol', false),
	frame('HTML', { kind: 'answer', body: '<html></html>' }, 'protocol', false),
	frame('an answer about another session', { kind: 'wrongSession' }, 'protocol', false),
	frame('a binary frame', { kind: 'binary' }, 'protocol', false),
	frame('a huge frame', { kind: 'hugeFrame', bytes: megabytes * 1024 * 1024 }, 'protocol', false),
];

function closed(code: number): FaultSpec {
	return { kind: 'close', code, reason: `You sent ${SECRET}` };
}

/** What can happen to the upgrade that opens a WebSocket. */
export const connectFaults: readonly Fault[] = [
	...statusFaults,
	...exchangeFaults.filter(({ spec }) => spec?.kind !== 'truncate' && spec?.kind !== 'slowBody'),
];

/** A refusal whose status cannot be seen may be one that passes; nothing was sent. */
const unseen = { category: 'rejected', passes: true, start: 'again', asksForMs: 0 } as const;

/** After a 401 the runtime's own WebSocket dials once more by itself. */
const DIALS_AT_401 = 2;

/** What shows of a refused upgrade on an edition with the difference `unseen-refusals`. */
export const unseenRefusals: Overrides = Object.fromEntries(
	connectFaults
		.filter(({ spec, isSlow }) => !isSlow && !spec?.kind.endsWith('After'))
		.map(({ name }) => [name, name === '401' ? { ...unseen, sentPerAttempt: DIALS_AT_401 } : unseen]),
);

/** What is between us and the service. Nothing of the call left, unless a proxy took it. */
export const wayFaults: readonly Fault[] = [
	{ name: 'a refused connection', way: 'refused', category: 'network', ...again },
	{ name: 'a host that nobody knows', way: 'unknownHost', category: 'network', ...again },
	{ name: 'a proxy that is down', way: 'proxyDown', leftOutBy: 'no-proxy', category: 'network', ...again },
	{
		name: 'a proxy that wants a login',
		way: 'proxyRefuses',
		leftOutBy: 'no-proxy',
		category: 'network',
		...refused,
	},
	{ name: 'a proxy that hangs up', way: 'proxyCloses', leftOutBy: 'no-proxy', category: 'network', ...passing },
];

/** API keys that the management API does not take. */
export const keyFaults: readonly Fault[] = (['expired', 'revoked'] as const).map((state) => ({
	name: `a key that is ${state}`,
	category: 'authentication',
	...refused,
	prepare: async ({ ai }) => ai?.setKeyState('demo', state),
}));

/** A token that was good and is not any more: renewed once, and nobody notices (guarantee 4). */
export const tokenFaults: readonly Fault[] = [
	{
		name: 'a token that expired meanwhile',
		category: 'success',
		...refused,
		prepare: async ({ client, v1 }) => {
			await client.logIn(new AbortController().signal);
			v1?.expireTokens();
		},
	},
];

/** Sockets of Cognigy.AI: a connection that never says that it takes messages. Nothing was sent on it. */
export const readyFaults: readonly Fault[] = [
	{ name: 'never ready', spec: { kind: 'never' }, category: 'timeout', isSlow: true, ...again },
];

/** A message over a socket: there is no receipt for it, so whatever comes instead of a sign leaves it open. */
export const inputFaults: readonly Fault[] = [
	{ name: 'cut before it ran', spec: { kind: 'dropBefore' }, category: 'network', ...passing },
	{ name: 'reset before it ran', spec: { kind: 'resetBefore' }, category: 'network', ...passing },
	// That the bot types is a sign already: the rest was kept for the session.
	{ name: 'cut before any output', spec: { kind: 'dropMidTurn' }, category: 'success', ...passing },
	{
		name: 'an output that is an error',
		spec: { kind: 'errorOutput', message: SECRET },
		category: 'rejected',
		...passing,
	},
	{ name: 'an exception', spec: { kind: 'exception', message: SECRET }, category: 'rejected', ...passing },
	{ name: 'an error', spec: { kind: 'errorEvent', message: SECRET }, category: 'rejected', ...passing },
	{ name: 'cut in the middle of the turn', spec: { kind: 'dropMidTurn', outputs: 2 }, category: 'success', ...passing },
	{ name: 'no sign at all', spec: { kind: 'hang' }, category: 'success', isSlow: true, ...passing },
	{ name: 'no end of the turn', spec: { kind: 'noFinalPing' }, category: 'success', isSlow: true, ...passing },
];

/** What goes wrong with an output on its way over a socket. */
export const outputFaults: readonly Fault[] = [
	{ name: 'its acknowledgement is lost', spec: { kind: 'ackLost' }, category: 'success', ...passing },
];

/** Outputs that come otherwise than the bot said them. They have no ids: one that comes twice at once may be said twice. */
export const strayOutputFaults: readonly Fault[] = [
	{ name: 'the first one twice', spec: { kind: 'twice' }, category: 'success', ...passing },
	{ name: 'the first one after the second', spec: { kind: 'late' }, category: 'success', ...passing },
];

/** What goes wrong with the end of a turn. */
export const finalPingFaults: readonly Fault[] = [
	{ name: 'sent twice', spec: { kind: 'twice' }, category: 'success', ...passing },
	{ name: 'its acknowledgement is lost', spec: { kind: 'ackLost' }, category: 'success', ...passing },
];

const registryFault = (name: string, registry: RegistryFault, more: Partial<Fault> = {}): Fault => ({
	name,
	registry,
	category: 'server',
	passes: false,
	start: 'refused',
	...more,
});

/** SQLite files that cannot be used, or cannot any more. */
export const registryFaults: readonly Fault[] = [
	registryFault('a file that is no database', 'corrupt'),
	registryFault('a database that is damaged', 'damaged', { staysBroken: true }),
	registryFault('a folder in place of the file', 'folder'),
	registryFault('a database of another program', 'foreign'),
	registryFault('a database of a newer version', 'newer'),
	registryFault('a folder that nobody may write to', 'readOnly'),
	registryFault('a file that somebody else keeps locked', 'locked'),
	registryFault('a file that somebody locks while it is open', 'lockedLater'),
	registryFault('a file that is deleted while it is open', 'deleted', { category: 'success' }),
	registryFault('a file that is replaced while it is open', 'replaced', { category: 'success' }),
	registryFault('a full disk', 'full'),
];
