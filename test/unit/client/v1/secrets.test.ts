import type { CallOptions } from '../../../../client/types';
import { cognigyErrorOf } from '../../../support/errors';
import { always, inject, status, type FaultSpec } from '../../../support/sandboxFaults';
import { allThatShows } from '../../../support/secrets';
import { closedPort, httpServer } from '../../../support/servers';
import { until } from '../../../support/until';
import { callOptions, startInput, v1Setup, versionsInput, type V1Setup } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

const PASSWORD = 'p4ss  wörd "quoted" \\ 7Kq!';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.c2VjcmV0LXRva2Vu.s3cr3t+/=_-Zz';

afterEach(closeSetups);

/** A part of a secret is one too. */
const parts = (secret: string) => [secret, secret.slice(0, 10), secret.slice(-10)];

function expectNoSecret(value: unknown, ...secrets: string[]): void {
	const shown = allThatShows(value);
	for (const part of secrets.flatMap(parts)) expect(shown).not.toContain(part);
}

describe('neither password nor token shows', () => {
	const faults: FaultSpec[] = [
		...[400, 401, 403, 404, 408, 409, 418, 429, 500, 502, 503].map((code) => status(code)),
		status(302, { headers: { location: 'http://127.0.0.1:1/' } }),
		{ kind: 'dropBefore' },
		{ kind: 'dropAfter' },
		{ kind: 'resetAfter' },
		{ kind: 'truncate' },
		{ kind: 'badJson' },
		{ kind: 'wrongShape' },
		{ kind: 'wrongContentType' },
		{ kind: 'hugeBody' },
	];
	const operations = ['login', 'versions', 'start'] as const;

	it.each(operations.flatMap((operation) => faults.map((fault) => [operation, fault] as const)))(
		'when %s fails: %j',
		async (operation, fault) => {
			const { sandbox, client, transport } = await v1Setup();
			inject(sandbox, operation, { ...fault, ...always });
			const audits: unknown[] = [];
			const options: CallOptions = { ...callOptions, auditInput: 'full', onAudit: (entry) => audits.push(entry) };
			const call =
				operation === 'versions'
					? client.validateVersion(versionsInput, options)
					: client.triggerFlow(startInput, options);
			const error = await cognigyErrorOf(call);

			const secrets = ['demo-password', ...transport.tokens];
			expect(secrets.length > 1).toBe(operation !== 'login');
			expect(audits).toEqual([error.audit]);
			for (const value of [error, audits, client, client.metrics()]) expectNoSecret(value, ...secrets);
		},
	);

	it('when a call is stopped or takes too long', async () => {
		const { sandbox, client, transport, clock } = await v1Setup();
		const caller = new AbortController();
		inject(sandbox, 'start', { kind: 'hang', ...always });
		const stopped = cognigyErrorOf(client.triggerFlow(startInput, { ...callOptions, signal: caller.signal }));
		const late = cognigyErrorOf(client.triggerFlow(startInput, callOptions));
		await until(() => sandbox.stats().inFlight === 2);
		caller.abort();
		await clock.advance(60_000);

		for (const error of [await stopped, await late]) expectNoSecret(error, 'demo-password', ...transport.tokens);
	});

	it('when nobody can be reached', async () => {
		const { client } = await v1Setup({ baseUrl: `http://127.0.0.1:${await closedPort()}` });

		expectNoSecret(await cognigyErrorOf(client.validateVersion(versionsInput, callOptions)), 'demo-password');
	});

	it('in a client that works, its results and its metrics', async () => {
		const { client, transport } = await v1Setup();
		const results = [
			await client.validateVersion(versionsInput, { ...callOptions, auditInput: 'full' }),
			await client.triggerFlow(startInput, { ...callOptions, auditInput: 'full' }),
		];

		expect(transport.tokens).toHaveLength(2);
		expectNoSecret([client, results, client.metrics()], 'demo-password', ...transport.tokens);
	});
});

/** A service that logs everybody in and answers everything else with what it was sent. */
async function echoing(answer: (echo: string) => unknown, code: number): Promise<V1Setup> {
	const server = await httpServer((response, { path, headers }) => {
		const body = path.endsWith('/login')
			? { token: TOKEN }
			: answer(`${String(headers.authorization)} and the password ${PASSWORD}`);
		response.writeHead(path.endsWith('/login') ? 200 : code, { 'content-type': 'application/json' });
		response.end(typeof body === 'string' ? body : JSON.stringify(body));
	});
	return await v1Setup({ baseUrl: server.url, fields: { password: PASSWORD } });
}

describe('a service that repeats what it was sent', () => {
	const codes = [400, 401, 403, 404, 409, 418, 429, 500, 502, 503];
	const answers: Array<[string, (echo: string) => unknown]> = [
		['in its message', (echo) => ({ message: echo })],
		['in its detail', (echo) => ({ detail: echo })],
		['in its title', (echo) => ({ title: echo })],
		['in its error', (echo) => ({ error: echo })],
		['several times', (echo) => ({ message: `${echo} ${echo}` })],
		['at the end of what is shown of a message', (echo) => ({ message: 'x'.repeat(180) + echo })],
		['across the end of what is shown of a message', (echo) => ({ message: `${'x'.repeat(165)}${echo}` })],
		['with its password across that end', (echo) => ({ message: 'x'.repeat(110) + echo })],
		['as the whole body', (echo) => echo],
		['as a page', (echo) => `<html>${echo}</html>`],
	];

	it.each(answers)('%s does not make it show', async (_, answer) => {
		for (const code of codes) {
			const { client } = await echoing(answer, code);
			const error = await cognigyErrorOf(client.triggerFlow(startInput, { ...callOptions, auditInput: 'full' }));
			expectNoSecret(error, TOKEN, PASSWORD);
			await closeSetups();
		}
	});

	it('keeps its other words', async () => {
		const { client } = await echoing((echo) => ({ message: `Bad thing in ${echo}, sorry` }), 409);

		const error = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));
		expect(error.message).toContain('Bad thing in Bearer *** and the password ***, sorry');
	});

	it('in an answer that should have been good does not make it show', async () => {
		for (const answer of [
			...answers.map(([, make]) => make),
			(echo: string) => ({ sessionId: [echo], status: echo }),
		]) {
			const { client } = await echoing(answer, 200);
			expectNoSecret(await cognigyErrorOf(client.triggerFlow(startInput, callOptions)), TOKEN, PASSWORD);
			await closeSetups();
		}
	});
});

describe('a login service that repeats the login', () => {
	it.each([200, 201, 204, 302, 400, 401, 403, 404, 409, 418, 429, 500, 503])(
		'with %d does not make it show',
		async (code) => {
			const server = await httpServer((response, { body }) => {
				response.writeHead(code, { 'content-type': 'application/json', location: 'http://127.0.0.1:1/' });
				response.end(JSON.stringify({ message: body, error: JSON.parse(body) as unknown, token: 5 }));
			});
			const { client } = await v1Setup({
				baseUrl: server.url,
				fields: { username: 'somebody-known', password: PASSWORD },
			});

			const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));
			expectNoSecret(error, PASSWORD, 'somebody-known');
		},
	);

	it('by giving the password as the token does not make it show', async () => {
		const server = await httpServer((response, { path }) => {
			response.writeHead(path.endsWith('/login') ? 200 : 409);
			response.end(JSON.stringify({ token: 'not-the-password', message: 'no: not-the-password' }));
		});
		const { client } = await v1Setup({ baseUrl: server.url, fields: { password: 'not-the-password' } });

		expectNoSecret(await cognigyErrorOf(client.validateVersion(versionsInput, callOptions)), 'not-the-password');
	});
});

it('the token is sent in no URL', async () => {
	const { client, transport } = await v1Setup();
	await client.validateVersion(versionsInput, callOptions);
	await client.triggerFlow(startInput, callOptions);

	const urls = transport.requests.map(({ url }) => url).join();
	for (const secret of [...transport.tokens, 'demo-password']) expect(urls).not.toContain(secret);
});
