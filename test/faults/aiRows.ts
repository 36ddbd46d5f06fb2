import type { CognigyAiTriggerFlowInput } from '../../client';
import { DEMO_WEBHOOK_KEY } from '../../sandbox/cognigyAi/seed';
import { resetInput, triggerInput, validateInput } from '../support/cognigyAi';
import {
	afterRunFaults,
	bodyFaults,
	connectFaults,
	exchangeFaults,
	firewallFaults,
	followFaults,
	http2Faults,
	httpFaults,
	inputFaults,
	keyFaults,
	finalPingFaults,
	outputFaults,
	readyFaults,
	statusFaults,
	transformFaults,
	unknownTokenFaults,
	unreadableFaults,
	unseenRefusals,
	wayFaults,
	type Fault,
} from './faults';
import { hear, hearInRegistry } from './hear';
import { releaseRows } from './releaseRows';
import type { Overrides, Result, Row } from './rows';
import type { Subject } from './service';
import { callOptions } from './v1Rows';

/** docs/protocol-cognigy-ai.md#errors: here 413 is about what was sent. */
const tooLarge: Overrides = { '413': { category: 'invalidInput' } };

const harmless = (faults: readonly Fault[]): Overrides =>
	Object.fromEntries(faults.map(({ name }) => [name, { category: 'success' } as const]));

/** Nobody says what a success looks like, so whatever it is, it is one. */
const anyAnswer = harmless(bodyFaults);
/** Resets may answer with nothing or with what they like, but it has to be JSON. */
const anyJson: Overrides = {
	...tooLarge,
	...harmless(bodyFaults.filter(({ passes }) => !passes)),
	nothing: { category: 'success' },
};
/** Endpoints know no API key. */
const noKey = harmless(keyFaults);

const managementFaults = [...httpFaults, ...firewallFaults, ...wayFaults, ...keyFaults];

/** What an output transformer may answer as well, after the run. */
const afterTheRun: Overrides = Object.fromEntries(
	['400', '409', '418'].map((name) => [name, { start: 'mayHaveRun' } as const]),
);

/** What a transformer can make of a REST answer; nobody else tells it from that. */
const foreignFaults = [...transformFaults, ...bodyFaults.filter(({ name }) => !/JSON|HTML/.test(name))];
const foreign: Overrides = Object.fromEntries(
	foreignFaults.map(({ name }) => [name, { category: 'success', warns: true } as const]),
);

/** What all calls of the management API have in common. */
const management = {
	backend: 'ai',
	kind: 'safe',
	faults: managementFaults,
	overrides: tooLarge,
	attemptMs: 15_000,
} as const;

const audited = { attempts: (sent: number) => sent };

const endpointWords = 'The flow may have run, with session "session-1"; it was not sent again';

/** What all messages to an endpoint over HTTP have in common. */
const message = {
	operation: 'triggerFlow',
	backend: 'ai',
	kind: 'start',
	faults: [...managementFaults, ...unknownTokenFaults],
	attemptMs: 60_000,
	attempts: (sent: number) => sent,
	uncertainWords: endpointWords,
} as const;

const reply = { maxWaitSeconds: 20 };

const SAID = ['One.', 'Two.', 'Three.'];

const socket = (subject: Subject) => subject.endpointUrl('Showcase Socket');

export async function trigger({ client }: Subject, input: Partial<CognigyAiTriggerFlowInput>): Promise<Result> {
	const { audit, ...shown } = await client.triggerFlow(triggerInput(input), callOptions);
	const { messages = [], warnings = [] } = shown;
	return { audit, shown: [shown, audit], heard: messages.map(({ text }) => text), warnings, said: SAID };
}

export const viaSocket = async (subject: Subject) =>
	await trigger(subject, { endpoint: socket(subject), channel: 'socketio', text: 'several', reply });

/** A webhook message needs its key, which is a secret too. */
const viaWebhook = async (subject: Subject, deliverAs: 'input' | 'inject' | 'notify') =>
	await trigger(subject, {
		endpoint: subject.endpointUrl('Showcase Webhook'),
		channel: 'webhook',
		webhookKey: DEMO_WEBHOOK_KEY,
		deliverAs,
	});

const idOf = ({ ai }: Subject, name: string) => ai?.endpoint(name).id ?? '';

async function validate({ client, ...subject }: Subject): Promise<Result> {
	const endpoint = idOf({ client, ...subject }, 'Orders REST');
	const { audit, ...shown } = await client.validateVersion(validateInput({ endpoint }), callOptions);
	return { audit, shown: [shown, audit] };
}

const resets = (resetMode: 'context' | 'state' | 'both') => async (subject: Subject) => {
	const input = resetInput({ resetMode, endpoint: idOf(subject, 'Showcase REST') });
	const { audit, ...shown } = await subject.client.resetSession(input, callOptions);
	return { audit, shown: [shown, audit] };
};

const ada = { contactIds: ['ada'], profile: { age: 36 } };

/** Says something in the session that is followed, as soon as its socket stands. */
async function speakTo({ ai, when }: Subject): Promise<void> {
	await when(() => ai?.stats().sockets.open === 1);
	const { url } = ai?.endpoint('Showcase Socket') ?? { url: '' };
	const { origin, pathname } = new URL(url);
	await fetch(`${origin}/inject${pathname}`, {
		method: 'POST',
		// No connection of ours is to stay open.
		headers: { 'content-type': 'application/json', connection: 'close' },
		body: JSON.stringify({ userId: 'user-1', sessionId: 'session-1', text: 'several' }),
	});
}

const sessionOf = (subject: Subject) => ({
	endpoint: socket(subject),
	userId: 'user-1',
	sessionId: 'session-1',
});

export async function streams(subject: Subject): Promise<Result> {
	const input = sessionOf(subject);
	const hearing = hear((options) => subject.client.streamMessages(input, options), SAID);
	await Promise.all([hearing, speakTo(subject)]);
	return await hearing;
}

async function follows(subject: Subject): Promise<Result> {
	const hearing = hearInRegistry(subject, sessionOf(subject), SAID);
	await Promise.all([hearing, speakTo(subject)]);
	return await hearing;
}

/** An endpoint that hangs up before it is ready is one that refuses, as far as anybody can tell. */
const hungUp = { category: 'rejected' } as const;

const connectOverrides: Overrides = {
	...tooLarge,
	// A server of an older protocol.
	'400': { category: 'protocol' },
	'closed after it ran': hungUp,
	'reset after it ran': hungUp,
};

/** Right after them the endpoint says that it is ready, or not. */
const handshakes = ({ ai }: Subject) => ai?.stats().sockets.innerHandshakes ?? 0;

/** Nothing was sent on a connection that did not come about. */
const dialFaults = connectFaults.map((fault): Fault => (fault.passes ? { ...fault, start: 'again' } : fault));

export const aiRows: readonly Row[] = [
	{
		...management,
		name: 'logIn',
		operation: 'logIn',
		call: 'readMe',
		// Somebody waits for it: 10 s, and one attempt.
		overrides: { ...onlyOnce(managementFaults), '413': { category: 'invalidInput', passes: false } },
		attemptMs: 10_000,
		run: async ({ client }) => ({ shown: await client.logIn(new AbortController().signal) }),
	},
	{
		...management,
		...audited,
		name: 'validateVersion, the endpoint',
		operation: 'validateVersion',
		call: 'readEndpoint',
		run: validate,
	},
	{
		...management,
		...audited,
		name: 'validateVersion, the snapshots',
		operation: 'validateVersion',
		call: 'listSnapshots',
		faults: httpFaults,
		run: validate,
	},
	{
		...management,
		name: 'triggerFlow, the check before',
		operation: 'triggerFlow',
		call: 'listEndpoints',
		faults: httpFaults,
		attempts: (_sent, hasFailed) => (hasFailed ? 0 : 1),
		run: async (subject) =>
			await trigger(subject, { endpoint: subject.endpointUrl('Orders REST'), deployment: { kind: 'live' } }),
	},
	{
		...management,
		name: 'triggerFlow, the look-up of a picked endpoint',
		operation: 'triggerFlow',
		call: 'readEndpoint',
		faults: httpFaults,
		attempts: (_sent, hasFailed) => (hasFailed ? 0 : 1),
		run: async (subject) => await trigger(subject, { endpoint: undefined, endpointId: idOf(subject, 'Showcase REST') }),
	},
	{
		...message,
		name: 'triggerFlow, REST',
		endpoint: 'Showcase REST',
		call: 'message',
		faults: [...managementFaults, ...unknownTokenFaults, ...transformFaults, ...afterRunFaults],
		overrides: { ...tooLarge, ...noKey, ...afterTheRun, ...foreign },
		run: async (subject) => await trigger(subject, { endpoint: subject.endpointUrl('Showcase REST') }),
	},
	{
		...message,
		name: 'triggerFlow, Webhook',
		endpoint: 'Showcase Webhook',
		call: 'message',
		overrides: { ...tooLarge, ...noKey, ...afterTheRun, ...anyAnswer },
		run: async (subject) => await viaWebhook(subject, 'input'),
	},
	{
		...message,
		name: 'triggerFlow, inject',
		endpoint: 'Showcase Webhook',
		call: 'inject',
		overrides: { ...tooLarge, ...noKey, ...afterTheRun, ...anyAnswer },
		run: async (subject) => await viaWebhook(subject, 'inject'),
	},
	{
		...message,
		name: 'triggerFlow, notify',
		endpoint: 'Showcase Webhook',
		call: 'notify',
		overrides: { ...tooLarge, ...noKey, ...afterTheRun, ...anyAnswer },
		uncertainWords: 'The user may have got it, in session "session-1"; it was not sent again',
		run: async (subject) => await viaWebhook(subject, 'notify'),
	},
	{
		...message,
		name: 'triggerFlow, inject over HTTP and a reply over a socket',
		endpoint: 'Showcase Socket',
		call: 'inject',
		faults: [...statusFaults, ...exchangeFaults, ...http2Faults, ...unreadableFaults],
		overrides: { ...tooLarge, ...afterTheRun },
		run: async (subject) =>
			await trigger(subject, {
				endpoint: socket(subject),
				channel: 'socketio',
				deliverAs: 'inject',
				text: 'several',
				reply,
			}),
	},
	{
		...message,
		name: 'triggerFlow, Socket.IO, the upgrade',
		endpoint: 'Showcase Socket',
		call: 'connect',
		starts: 'processInput',
		faults: [...dialFaults, ...wayFaults.map((fault): Fault => ({ ...fault, passes: true, start: 'again' }))],
		overrides: connectOverrides,
		differences: { 'unseen-refusals': unseenRefusals },
		attemptMs: 15_000,
		attempts: (_sent, hasFailed) => (hasFailed ? 0 : 1),
		run: viaSocket,
	},
	{
		...message,
		name: 'triggerFlow, Socket.IO, ready',
		call: 'connect',
		hit: 'ready',
		reached: handshakes,
		starts: 'processInput',
		faults: readyFaults,
		attemptMs: 15_000,
		attempts: (_sent, hasFailed) => (hasFailed ? 0 : 1),
		run: viaSocket,
	},
	{
		...message,
		name: 'triggerFlow, Socket.IO',
		endpoint: 'Showcase Socket',
		call: 'processInput',
		faults: inputFaults,
		attemptMs: 20_000,
		attempts: () => 1,
		run: viaSocket,
	},
	{
		name: 'triggerFlow, Socket.IO, its outputs',
		operation: 'triggerFlow',
		backend: 'ai',
		call: 'output',
		kind: 'follow',
		faults: outputFaults,
		attemptMs: 20_000,
		run: viaSocket,
	},
	{
		name: 'triggerFlow, Socket.IO, its end',
		operation: 'triggerFlow',
		backend: 'ai',
		call: 'finalPing',
		kind: 'follow',
		faults: finalPingFaults,
		attemptMs: 20_000,
		run: viaSocket,
	},
	{
		name: 'streamMessages',
		endpoint: 'Showcase Socket',
		operation: 'streamMessages',
		backend: 'ai',
		call: 'connect',
		kind: 'follow',
		faults: followFaults.filter((fault) => connectFaults.includes(fault)),
		overrides: connectOverrides,
		differences: { 'unseen-refusals': unseenRefusals },
		attemptMs: 15_000,
		run: streams,
	},
	{
		name: 'streamMessages, ready',
		operation: 'streamMessages',
		backend: 'ai',
		call: 'connect',
		hit: 'ready',
		reached: handshakes,
		kind: 'follow',
		faults: readyFaults,
		attemptMs: 15_000,
		run: streams,
	},
	{
		name: 'streamMessages, its outputs',
		operation: 'streamMessages',
		backend: 'ai',
		call: 'output',
		kind: 'follow',
		faults: outputFaults,
		attemptMs: 15_000,
		run: streams,
	},
	{
		name: 'follow',
		endpoint: 'Showcase Socket',
		operation: 'follow',
		backend: 'ai',
		call: 'connect',
		kind: 'follow',
		faults: followFaults.filter((fault) => connectFaults.includes(fault)),
		overrides: connectOverrides,
		differences: { 'unseen-refusals': unseenRefusals },
		hasRegistry: true,
		attemptMs: 15_000,
		run: follows,
	},
	{
		...management,
		...audited,
		name: 'resetSession, the endpoint',
		operation: 'resetSession',
		call: 'readEndpoint',
		faults: httpFaults,
		run: resets('context'),
	},
	{
		...management,
		...audited,
		name: 'resetSession, context',
		operation: 'resetSession',
		call: 'resetContext',
		faults: [...httpFaults, ...wayFaults],
		overrides: anyJson,
		run: resets('context'),
	},
	{
		...management,
		...audited,
		name: 'resetSession, state',
		operation: 'resetSession',
		call: 'resetState',
		overrides: anyJson,
		run: resets('state'),
	},
	{
		...management,
		...audited,
		name: 'resetSession, both',
		operation: 'resetSession',
		call: 'resetState',
		overrides: anyJson,
		faults: httpFaults,
		run: resets('both'),
	},
	{
		...management,
		...audited,
		name: 'getTranscript',
		operation: 'getTranscript',
		call: 'readConversation',
		// A session that the service does not know has no transcript.
		overrides: { ...tooLarge, '404': { category: 'success' } },
		run: async ({ client }) => {
			// One look, as nobody has said anything.
			const input = { sessionId: 'session-1', waitSeconds: 0, failIfEmpty: false };
			const { audit, ...shown } = await client.getTranscript(input, callOptions);
			return { audit, shown: [shown, audit] };
		},
	},
	{
		...management,
		...audited,
		name: 'listConversations',
		operation: 'listConversations',
		call: 'listConversations',
		run: async ({ client }) => {
			const { audit, ...shown } = await client.listConversations({ limit: 10 }, callOptions);
			return { audit, shown: [shown, audit] };
		},
	},
	{
		...management,
		...audited,
		name: 'getProfile, by its ID',
		operation: 'getProfile',
		call: 'readProfile',
		overrides: { ...tooLarge, '404': { category: 'success' } },
		run: async ({ client }) => {
			const input = { profileId: 'a'.repeat(24), failIfMissing: false };
			const { audit, ...shown } = await client.getProfile(input, callOptions);
			return { audit, shown: [shown, audit] };
		},
	},
	{
		...management,
		...audited,
		name: 'getProfile, of a contact',
		operation: 'getProfile',
		call: 'listProfiles',
		run: async ({ client }) => {
			const { audit, ...shown } = await client.getProfile({ contactId: 'nobody', failIfMissing: false }, callOptions);
			return { audit, shown: [shown, audit] };
		},
	},
	{
		...management,
		...audited,
		name: 'createProfile',
		operation: 'createProfile',
		call: 'createProfile',
		kind: 'start',
		faults: httpFaults,
		// What the answer does not show is looked for.
		overrides: { ...anyJson, nothing: { category: 'protocol', start: 'mayHaveRun' } },
		attemptMs: 60_000,
		uncertainWords: 'The profile may have been created; it was not sent again',
		run: async ({ client }) => {
			const { audit, ...shown } = await client.createProfile(ada, callOptions);
			return { audit, shown: [shown, audit] };
		},
	},
	{
		...management,
		...audited,
		name: 'updateProfile',
		operation: 'updateProfile',
		call: 'updateProfile',
		// The statuses are those of all calls that are safe.
		faults: [...exchangeFaults, ...http2Faults, ...bodyFaults],
		overrides: {
			...anyAnswer,
			text: { category: 'protocol', passes: false, took: 'Cognigy took it' },
			nothing: { category: 'protocol', passes: false, took: 'Cognigy took it' },
		},
		uncertainWords: 'The profile may have been changed; Get shows it',
		before: async ({ client }) => void (await client.createProfile(ada, callOptions)),
		run: async ({ client }) => {
			const change = { contactId: 'ada', profile: { age: 37 } };
			const { audit, ...shown } = await client.updateProfile(change, callOptions);
			return { audit, shown: [shown, audit] };
		},
	},
	{
		...management,
		...audited,
		name: 'deleteProfile',
		operation: 'deleteProfile',
		call: 'deleteProfile',
		faults: [...exchangeFaults, ...http2Faults, ...bodyFaults],
		overrides: anyAnswer,
		uncertainWords: 'The profile may have been deleted; Get shows whether it is there',
		before: async ({ client }) => void (await client.createProfile(ada, callOptions)),
		run: async ({ client, ai }) => {
			const whose = { profileId: ai?.profiles[0]?._id ?? '', contactId: 'ada' };
			const { audit, ...shown } = await client.deleteProfile(whose, callOptions);
			return { audit, shown: [shown, audit] };
		},
	},
	{
		...management,
		...audited,
		name: 'injectContext',
		operation: 'injectContext',
		call: 'injectContext',
		kind: 'start',
		faults: httpFaults,
		overrides: anyJson,
		attemptMs: 60_000,
		uncertainWords: 'The context of session "session-1" may have been changed; it was not sent again',
		run: async ({ client }) => {
			const input = { userId: 'user-1', sessionId: 'session-1', context: { vip: true } };
			const { audit, ...shown } = await client.injectContext(input, callOptions);
			return { audit, shown: [shown, audit] };
		},
	},
	{
		...management,
		name: 'listEndpoints',
		operation: 'listEndpoints',
		call: 'listEndpoints',
		run: async ({ client }) => ({ shown: await client.listEndpoints({}, callOptions) }),
	},
	{
		...management,
		name: 'listSnapshots',
		operation: 'listSnapshots',
		call: 'listSnapshots',
		run: async ({ client }) => ({ shown: await client.listSnapshots({}, callOptions) }),
	},
	{
		...management,
		name: 'readEndpoint',
		operation: 'readEndpoint',
		call: 'readEndpoint',
		run: async (subject) => ({
			shown: await subject.client.readEndpoint(idOf(subject, 'Orders Webhook'), callOptions),
		}),
	},
	{
		...management,
		name: 'setWebhookUrl',
		operation: 'setWebhookUrl',
		call: 'updateEndpoint',
		faults: httpFaults,
		// What the change answers is left alone; what stands there afterwards is looked at.
		overrides: {
			...tooLarge,
			...anyAnswer,
			text: { category: 'protocol', passes: false },
			nothing: { category: 'protocol', passes: false },
		},
		run: async (subject) => ({
			shown: await subject.client.setWebhookUrl(
				{ endpointId: idOf(subject, 'Orders Webhook'), url: 'https://n8n.example.com/webhook/1' },
				callOptions,
			),
		}),
	},
	...releaseRows,
];

/** What is not made again, although it might pass. */
function onlyOnce(faults: readonly Fault[]): Overrides {
	return Object.fromEntries(faults.map(({ name }) => [name, { passes: false }]));
}

export async function triggerRest(subject: Subject, sessionId: string): Promise<Result> {
	return await trigger(subject, { endpoint: subject.endpointUrl('Showcase REST'), sessionId });
}
