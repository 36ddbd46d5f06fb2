import { inspect } from 'node:util';
import { Logger } from '@n8n/backend-common';
import { Container } from '@n8n/di';
import type { IDataObject } from 'n8n-workflow';

import { closeAllClients } from '../../client';
import { DEMO_WEBHOOK_KEY } from '../../sandbox/cognigyAi/seed';
import {
	closeSandboxes,
	credentialFor as cognigyAiCredentialFor,
	picked,
	run as runOnCognigyAi,
	sandboxFor,
	secretsOf,
} from '../integration/cognigyAi/support';
import { runNode, type RunOutcome } from '../integration/engine';
import { closeServers, httpServer } from '../support/servers';

const PASSWORD = 'p4ss-w0rd-7Kq!';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.c2VjcmV0.s3cr3t-tail';

let log: unknown[][];

beforeEach(() => {
	log = [];
	for (const level of ['error', 'warn', 'info', 'debug'] as const) {
		jest.spyOn(Container.get(Logger), level).mockImplementation((...line) => log.push(line));
	}
});
afterEach(async () => {
	jest.restoreAllMocks();
	await closeSandboxes();
	closeAllClients();
	await closeServers();
});

/** Of the run: everything that a log, a debugger or n8n's database could show, own or not, enumerable or not. */
function allOf({ output, errorOutput, error, run }: RunOutcome): string {
	const { runData, error: runError, lastNodeExecuted } = run.data.resultData;
	const shown: string[] = [];
	for (const value of [output, errorOutput, error, runError, runData, lastNodeExecuted, log]) {
		shown.push(
			inspect(value, { depth: Infinity, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null }),
		);
		shown.push(withHidden(value));
	}
	return shown.join('\n');
}

/** As JSON, also what JSON leaves out. */
function withHidden(value: unknown): string {
	const seen = new Set<unknown>();
	return (
		JSON.stringify(value, (_key, inner: unknown) => {
			if (typeof inner !== 'object' || inner === null) return inner;
			if (seen.has(inner)) return undefined;
			seen.add(inner);
			const names = Object.getOwnPropertyNames(inner);
			return Object.fromEntries(names.map((name) => [name, Reflect.get(inner, name)]));
		}) ?? ''
	);
}

function expectNone(outcome: RunOutcome, secrets: readonly string[]): void {
	const shown = allOf(outcome);
	expect(shown).toContain('Cognigy audit');
	for (const secret of secrets) {
		expect(shown.includes(secret)).toBe(false);
		expect(shown.includes(encodeURIComponent(secret))).toBe(false);
		expect(shown.includes(Buffer.from(secret).toString('base64').replace(/=+$/, ''))).toBe(false);
	}
}

it('what is looked for would be found', () => {
	const hidden = Object.defineProperty(new Error('x'), 'request', { value: { deep: { token: TOKEN } } });
	expect(withHidden([hidden])).toContain(TOKEN);
});

describe.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)('v1 API, %s', (onError) => {
	const operations: Array<[string, IDataObject]> = [
		[
			'cognigyTriggerFlow',
			{ botId: 'b', flowId: 'f', userId: 'u', input: 'Hello.', options: { auditInput: 'full', retries: 0 } },
		],
		['cognigyValidateVersion', { botId: 'b', flowId: 'f', options: { auditInput: 'full', retries: 0 } }],
	];
	const good = (path: string) =>
		path.endsWith('/versions')
			? { versions: [{ id: 'v', name: 'production', state: 'published' }] }
			: { sessionId: 's-1', status: 'started' };

	it.each(
		operations.flatMap(([type, parameters]) =>
			[200, 400, 401, 409, 500].map((status) => [type, status, parameters] as const),
		),
	)('%s answered with %i shows neither password nor token', async (type, status, parameters) => {
		const server = await httpServer((response, { path, headers }) => {
			if (path.endsWith('/login')) return response.end(JSON.stringify({ token: TOKEN }));
			const echo = { message: `${String(headers.authorization)} ${PASSWORD}`, error: { ...headers } };
			return response.writeHead(status).end(JSON.stringify(status === 200 ? good(path) : echo));
		});
		const credential = {
			baseUrl: server.url,
			tenantId: '',
			username: 'somebody',
			password: PASSWORD,
			requestsPerMinute: 0,
		};
		const outcome = await runNode({ type, credential, parameters, onError });
		expect(server.requests.some(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
		expectNone(outcome, [PASSWORD, TOKEN]);
	});
});

describe.each(['stopWorkflow', 'continueErrorOutput'] as const)('Cognigy.AI, %s', (onError) => {
	it.each(['rest', 'socketio', 'webhook'] as const)('a message by %s shows no key and no token', async (channel) => {
		const sandbox = await sandboxFor();
		const name = { rest: 'Orders REST', socketio: 'Orders Socket', webhook: 'Showcase Webhook' }[channel];
		for (const isBroken of [false, true]) {
			const { url } = sandbox.endpoint(name);
			const endpoint = isBroken ? url.replace(/[^/]+$/, 'dead'.repeat(16)) : url;
			const parameters = {
				channel,
				endpoint,
				...(channel === 'webhook' ? { webhookKey: DEMO_WEBHOOK_KEY } : {}),
				userId: 'u',
				sessionId: 's-1',
				input: 'Hello.',
				options: { auditInput: 'full', retries: 0 },
			};
			const outcome = await runOnCognigyAi('cognigyTriggerFlow', cognigyAiCredentialFor(sandbox), parameters, {
				onError,
			});
			expectNone(outcome, [...secretsOf(sandbox), 'dead'.repeat(16)]);
		}
	});

	it.each([
		['cognigyValidateVersion', 'readEndpoint'],
		['cognigyResetSession', 'resetContext'],
	] as const)('%s shows no key and no token', async (type, operation) => {
		const sandbox = await sandboxFor();
		for (const isBroken of [false, true]) {
			const text = `Failed: ${sandbox.apiKey}`;
			if (isBroken) sandbox.faults.inject({ operation, kind: 'textError', status: 500, text, times: 5 });
			const endpoint = picked('url', sandbox.endpoint('Orders REST').url);
			const parameters = { endpoint, sessionId: 's-1', userId: 'u', options: { auditInput: 'full', retries: 0 } };
			const outcome = await runOnCognigyAi(type, cognigyAiCredentialFor(sandbox), parameters, { onError });
			expectNone(outcome, secretsOf(sandbox));
		}
	});
});
