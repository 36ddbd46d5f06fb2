import type { CallOptions, V1ResetSessionInput } from '../../client';
import { startInput, versionsInput } from '../support/v1';
import { connectFaults, followFaults, frameFaults, httpFaults, tokenFaults, unseenRefusals, wayFaults } from './faults';
import { hear, hearInRegistry } from './hear';
import { RETRIES, type Override, type Result, type Row } from './rows';
import type { Subject } from './service';

export const callOptions: CallOptions = { timeoutSeconds: 60, retries: RETRIES, auditInput: 'full' };

/** What is said in a session that is followed. */
export const SAID = ['One.', 'Two.', 'The last one.'];

export const resetInput: V1ResetSessionInput = {
	botId: 'order-status',
	sessionId: 'session-1',
	maxDurationSec: 900,
	clearVariables: true,
	clearHistory: true,
	clearNluContext: true,
	verify: true,
};

/** The token is renewed once (guarantee 4), which takes one more call. */
const renewed: Partial<Override> = { sent: 2, sentWhenOnce: 2 };

const restOverrides = { '401': renewed };
/** As a login, the way to the service is what fails first: nothing of the call itself was sent. */
const notUncertain = { 'a proxy that hangs up': { start: 'again' } } as const;
/** docs/protocol-v1.md#start: the version is not published, or the environment blocks the run. */
const startOverrides = { ...restOverrides, ...notUncertain, '502': { category: 'notPublished' } } as const;

/** The one that a start begins. */
export const session = { botId: 'order-status', flowId: 'main', sessionId: 'session-1' };

/** When it is over, in ms: it lives half an hour. */
export const EXPIRY_MS = 31 * 60_000;

export async function startSession({ client }: Subject): Promise<void> {
	await client.triggerFlow(startInput, callOptions);
}

/** Another one. @returns its warnings too */
export async function startSecond({ client }: Subject): Promise<Result> {
	const { warnings = [], ...shown } = await client.triggerFlow({ ...startInput, sessionId: 'session-2' }, callOptions);
	return { shown, warnings };
}

async function startAndSay(subject: Subject): Promise<void> {
	await startSession(subject);
	for (const text of SAID) subject.v1?.say('session-1', text);
}

/** The token may be the reason: it is renewed once for all dials, which takes one more. */
const unseenDials = Object.fromEntries(
	Object.entries(unseenRefusals).map(([name, override]) => [name, { ...override, sent: RETRIES + 2, sentWhenOnce: 2 }]),
);

const followOverrides = {
	// Renewed with a new login, and asked again at once.
	'401': { times: 1, follow: 'nothing' },
	'404': { follow: 'ends' },
} as const;

export const reset = async ({ client }: Subject): Promise<Result> => {
	const warnings: string[] = [];
	const onWarning = (message: string) => warnings.push(message);
	const { audit, ...shown } = await client.resetSession(resetInput, { ...callOptions, onWarning });
	return { audit, shown: [shown, audit, warnings], warnings };
};

export const v1Rows: readonly Row[] = [
	{
		name: 'logIn',
		operation: 'logIn',
		backend: 'v1',
		call: 'login',
		kind: 'safe',
		faults: [...httpFaults, ...wayFaults],
		// docs/protocol-v1.md#login: any other status is a login that failed.
		overrides: {
			'400': { category: 'authentication' },
			'403': { category: 'authentication' },
			// Somebody waits for it: 10 s in all.
			'no answer': { sent: 2 },
			'a body that does not end in time': { sent: 2 },
		},
		attemptMs: 8_000,
		run: async ({ client }) => ({ shown: await client.logIn(new AbortController().signal) }),
	},
	{
		name: 'validateVersion, the login',
		operation: 'validateVersion',
		backend: 'v1',
		call: 'login',
		kind: 'safe',
		faults: httpFaults,
		overrides: {
			'400': { category: 'authentication' },
			'403': { category: 'authentication' },
		},
		attemptMs: 8_000,
		attempts: (_sent, hasFailed) => (hasFailed ? 0 : 1),
		run: versions,
	},
	{
		name: 'validateVersion',
		operation: 'validateVersion',
		backend: 'v1',
		call: 'versions',
		kind: 'safe',
		faults: [...httpFaults, ...wayFaults, ...tokenFaults],
		overrides: { ...restOverrides, 'a token that expired meanwhile': { sent: 2 } },
		attemptMs: 15_000,
		attempts: (sent) => sent,
		run: versions,
	},
	{
		name: 'triggerFlow, the check before',
		operation: 'triggerFlow',
		backend: 'v1',
		call: 'versions',
		kind: 'safe',
		faults: httpFaults,
		overrides: restOverrides,
		attemptMs: 15_000,
		attempts: (_sent, hasFailed) => (hasFailed ? 0 : 1),
		run: async ({ client }) => {
			const { audit, ...shown } = await client.triggerFlow(
				{ ...startInput, targetEnvironment: 'production' },
				callOptions,
			);
			return { audit, shown: [shown, audit] };
		},
	},
	{
		name: 'triggerFlow',
		operation: 'triggerFlow',
		backend: 'v1',
		call: 'start',
		kind: 'start',
		faults: [...httpFaults, ...wayFaults, ...tokenFaults],
		overrides: { ...startOverrides, 'a token that expired meanwhile': { sent: 2 } },
		attemptMs: 60_000,
		attempts: (sent) => sent,
		uncertainWords: 'The flow may have run, with session "session-1"; it was not sent again',
		run: start,
	},
	{
		name: 'triggerFlow with a reply, its messages',
		operation: 'triggerFlow',
		backend: 'v1',
		call: 'messages',
		kind: 'follow',
		faults: followFaults,
		overrides: {
			...followOverrides,
			'no answer': { follow: 'gap' },
			'a body that does not end in time': { follow: 'gap' },
		},
		attemptMs: 20_000,
		run: async ({ client }) => {
			const reply = { quietMs: 1_000, maxWaitSeconds: 20 };
			const { audit, ...result } = await client.triggerFlow({ ...startInput, reply }, callOptions);
			const { messages = [], warnings = [] } = result;
			return {
				audit,
				shown: [result, audit],
				warnings,
				said: ['user', 'bot'],
				heard: messages.map(({ type }) => type),
			};
		},
	},
	{
		name: 'streamMessages',
		operation: 'streamMessages',
		backend: 'v1',
		call: 'messages',
		kind: 'follow',
		faults: followFaults,
		overrides: followOverrides,
		attemptMs: 45_000,
		run: async (subject) => {
			await startAndSay(subject);
			return await hear((options) => subject.client.streamMessages(session, options), SAID);
		},
	},
	{
		name: 'follow',
		operation: 'follow',
		backend: 'v1',
		call: 'messages',
		kind: 'follow',
		faults: followFaults,
		overrides: followOverrides,
		hasRegistry: true,
		attemptMs: 45_000,
		run: async (subject) => {
			await startAndSay(subject);
			return await hearInRegistry(subject, session, SAID);
		},
	},
	{
		name: 'resetSession, the upgrade',
		operation: 'resetSession',
		backend: 'v1',
		call: 'connect',
		kind: 'safe',
		faults: connectFaults,
		overrides: { '401': renewed },
		differences: { 'unseen-refusals': unseenDials },
		attemptMs: 10_000,
		attempts: (sent) => sent,
		run: reset,
	},
	{
		name: 'resetSession',
		operation: 'resetSession',
		backend: 'v1',
		call: 'reset',
		kind: 'safe',
		faults: frameFaults,
		attemptMs: 15_000,
		attempts: (sent) => sent,
		run: reset,
	},
	{
		name: 'resetSession, its check',
		operation: 'resetSession',
		backend: 'v1',
		call: 'stateCheck',
		kind: 'safe',
		faults: frameFaults,
		attemptMs: 15_000,
		attempts: () => 1,
		run: reset,
	},
];

async function versions({ client }: Subject): Promise<Result> {
	const { audit, ...shown } = await client.validateVersion(versionsInput, callOptions);
	return { audit, shown: [shown, audit] };
}

export async function start({ client }: Subject): Promise<Result> {
	const { audit, ...shown } = await client.triggerFlow(startInput, callOptions);
	return { audit, shown: [shown, audit], warnings: shown.warnings ?? [] };
}
