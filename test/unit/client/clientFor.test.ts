import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { clientFor, closeAllClients, type Credential, type HostEnvironment } from '../../../client';
import { unrestrictedEgress } from '../../../client/transport/egress';
import { startSandbox, type Sandbox } from '../../../sandbox';
import { restoreEnvironment, withoutProxies } from '../../support/environment';
import { cognigyErrorOf } from '../../support/errors';
import { allThatShows } from '../../support/secrets';
import { until } from '../../support/until';
import { callOptions, versionsInput } from '../../support/v1';

const fields = { baseUrl: 'https://cognigy.example.com', username: 'demo', password: 'demo-password' };

const credential = (changes: Record<string, unknown> = {}): Credential => ({
	type: 'cognigyApi',
	fields: { ...fields, ...changes },
});
const environment: HostEnvironment = {
	egress: unrestrictedEgress,
	stateFolder: mkdtempSync(join(tmpdir(), 'client-registry-')),
	onWarning: () => {},
};
const clientWith = (changes?: Record<string, unknown>) => clientFor(credential(changes), environment);

afterEach(closeAllClients);
afterAll(() => rmSync(environment.stateFolder, { recursive: true }));

describe('the client of a credential', () => {
	it('is the same for all who use the credential', () => {
		expect(clientWith()).toBe(clientWith());
	});

	it.each([
		['spelled otherwise', { baseUrl: ' https://Cognigy.example.com/ ' }],
		['with its defaults written out', { tokenTtlMinutes: 30, webSocketUrl: '', allowInsecure: false }],
		['with fields that are no matter of the client', { sessionToken: 'x', other: 1 }],
	])('is the same for the same credential %s', (_, changes) => {
		expect(clientWith(changes)).toBe(clientWith());
	});

	it.each([
		{ password: 'changed' },
		{ username: 'other' },
		{ baseUrl: 'https://other.example.com' },
		{ baseUrl: 'https://cognigy.example.com/base' },
		{ tenantId: 'tenant' },
		{ tokenTtlMinutes: 10 },
		{ allowInsecure: true },
	])('is another one for another credential (%j)', (changes) => {
		expect(clientWith(changes)).not.toBe(clientWith());
	});

	it('cannot be mixed up by moving text from one field to the next', () => {
		const one = clientWith({ username: 'ab', password: 'c' });
		expect(clientWith({ username: 'a', password: 'bc' })).not.toBe(one);
	});

	it('is not made for a credential that cannot be right', () => {
		expect(() => clientWith({ baseUrl: 'http://example.com' })).toThrow(
			expect.objectContaining({ category: 'invalidInput', parameter: 'baseUrl' }),
		);
	});

	it('shows neither the password nor its hash', () => {
		expect(allThatShows(clientWith())).not.toMatch(/demo-password|[\da-f]{64}/);
	});
});

describe('how many clients are kept', () => {
	it('is bounded: the one that was not used for longest goes first', () => {
		const first = clientWith({ username: 'user 0' });
		const second = clientWith({ username: 'user 1' });
		for (let user = 2; user < 200; user++) clientWith({ username: `user ${user}` });
		expect(clientWith({ username: 'user 0' })).toBe(first);

		clientWith({ username: 'user 200' });
		expect(clientWith({ username: 'user 0' })).toBe(first);
		expect(clientWith({ username: 'user 1' })).not.toBe(second);
	});
});

describe('clients at work', () => {
	let sandbox: Sandbox;
	beforeEach(async () => {
		withoutProxies();
		sandbox = await startSandbox();
	});
	afterEach(async () => {
		closeAllClients();
		await sandbox.close();
		restoreEnvironment();
	});

	it('share one login and one set of connections', async () => {
		for (let call = 0; call < 5; call++) {
			await clientWith({ baseUrl: sandbox.url }).validateVersion(versionsInput, callOptions);
		}

		expect(sandbox.stats()).toMatchObject({ logins: 1, versions: 5, connectionsOpened: 1 });
		expect(clientWith({ baseUrl: sandbox.url }).metrics().totalRequests).toBe(5);
	});

	it('work on when they fall out: what runs is finished', async () => {
		sandbox.faults.inject({ operation: 'versions', kind: 'latency', ms: 20 });
		const running = clientWith({ baseUrl: sandbox.url }).validateVersion(versionsInput, callOptions);
		for (let user = 0; user < 200; user++) clientWith({ username: `user ${user}` });

		expect(await running).toMatchObject({ valid: true });
	});

	it('obey the egress policy', async () => {
		class SsrfBlockedIpError extends Error {}
		const check = jest.fn(() => Promise.reject(new SsrfBlockedIpError('blocked')));
		const client = clientFor(credential({ baseUrl: sandbox.url }), { ...environment, egress: { check } });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));
		expect(error).toMatchObject({ category: 'permission', isTransient: false });
		expect(error.message).toContain('network policy');
		expect(check).toHaveBeenCalledTimes(1);
		expect(sandbox.stats().connectionsOpened).toBe(0);
	});

	it('end when all are closed, and later ones begin anew', async () => {
		const client = clientWith({ baseUrl: sandbox.url });
		await client.validateVersion(versionsInput, callOptions);
		sandbox.faults.inject({ operation: 'versions', kind: 'hang' });
		const outcome = cognigyErrorOf(client.validateVersion(versionsInput, callOptions));
		await until(() => sandbox.requests.at(-1)?.fault === 'hang');
		closeAllClients();

		expect(await outcome).toMatchObject({ category: 'cancelled' });
		await until(() => sandbox.stats().connectionsOpen === 0);
		const next = clientWith({ baseUrl: sandbox.url });
		expect(next).not.toBe(client);
		expect(await next.validateVersion(versionsInput, callOptions)).toMatchObject({ valid: true });
	});
});
