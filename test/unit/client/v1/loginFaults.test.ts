import type { ErrorCategory } from '../../../../client/errors';
import { cognigyErrorOf } from '../../../support/errors';
import { always, inject, status, type FaultSpec } from '../../../support/sandboxFaults';
import { callOptions, startInput, v1Setup, versionsInput } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

const once = { ...callOptions, retries: 0 };

afterEach(closeSetups);

const row = (fault: FaultSpec, category: ErrorCategory) => [JSON.stringify(fault), fault, category] as const;

/** What the service must not answer, besides what the fault matrix knows (test/faults). */
const unusable = [
	row(status(204), 'protocol'),
	row({ kind: 'wrongShape', body: { token: '' } }, 'protocol'),
	row({ kind: 'wrongShape', body: { token: 5 } }, 'protocol'),
	row({ kind: 'wrongShape', body: { token: 'line\r\nbreak' } }, 'protocol'),
];

it('a login whose fault does not pass in time fails the start, which was not sent', async () => {
	const { sandbox, client } = await v1Setup();
	inject(sandbox, 'login', { ...status(503), ...always });

	const error = await cognigyErrorOf(client.triggerFlow(startInput, once));

	expect(error).toMatchObject({ category: 'server', mayHaveRun: false });
	expect(error.message).toMatch(/login/i);
	expect(error.message).not.toMatch(/may have run|demo/);
	expect(error.audit).toMatchObject({ operation: 'triggerFlow', attempts: 0, errorCategory: 'server' });
	expect(sandbox.stats()).toMatchObject({ logins: 4, starts: 0 });
});

describe('a login that is refused', () => {
	it.each(unusable)('is not sent again: %s', async (_, fault, category) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'login', { ...fault, ...always });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category, isTransient: false, mayHaveRun: false });
		expect(error.audit).toMatchObject({ attempts: 0, errorCategory: category });
		expect(sandbox.stats()).toMatchObject({ logins: 1, versions: 0 });
	});

	it.each([
		['a wrong password', { password: 'not-the-password' }],
		['a wrong user name', { username: 'nobody-we-know' }],
	])('for %s is said without repeating either', async (_, fields) => {
		const { sandbox, client } = await v1Setup({ fields });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category: 'authentication', httpStatus: 401 });
		expect(error.message).toMatch(/wrong user name or password/);
		expect(`${error.message} ${error.advice}`).not.toMatch(/demo|not-the-password|nobody-we-know/);
		expect(sandbox.stats().logins).toBe(1);
	});

	it('for a wrong password is sent once for 1,000 items, side by side and one after the other', async () => {
		const { sandbox, client, clock } = await v1Setup({ fields: { password: 'not-the-password' } });
		const call = () => cognigyErrorOf(client.validateVersion(versionsInput, callOptions));
		await Promise.all(Array.from({ length: 500 }, call));
		for (let item = 0; item < 500; item++) expect(await call()).toMatchObject({ category: 'authentication' });
		expect(sandbox.stats().logins).toBe(1);

		await clock.advance(15_000);
		await Promise.all(Array.from({ length: 10 }, call));
		expect(sandbox.stats().logins).toBe(2);
	});
});

describe('one token', () => {
	it('is shared by all calls, also by those that began before it was there', async () => {
		const { sandbox, client, transport } = await v1Setup();
		await Promise.all(Array.from({ length: 100 }, () => client.validateVersion(versionsInput, callOptions)));
		await client.triggerFlow(startInput, callOptions);

		expect(sandbox.stats()).toMatchObject({ logins: 1, versions: 100, starts: 1 });
		expect(new Set(transport.tokens).size).toBe(1);
	});

	it('is renewed ahead of its end, in the lifetime that the credential says', async () => {
		const { sandbox, client, clock } = await v1Setup({ fields: { tokenTtlMinutes: 10 } });
		await client.validateVersion(versionsInput, callOptions);
		await clock.advance(9 * 60_000 - 1);
		await client.validateVersion(versionsInput, callOptions);
		expect(sandbox.stats().logins).toBe(1);

		await clock.advance(1);
		await client.validateVersion(versionsInput, callOptions);
		expect(sandbox.stats().logins).toBe(2);
	});
});

it('the login is sent as the contract says, without a token', async () => {
	const { client, transport, sandbox } = await v1Setup();
	await client.validateVersion(versionsInput, callOptions);

	expect(transport.requests[0]).toMatchObject({
		method: 'POST',
		url: `${sandbox.url}/api/v1/auth/login`,
		headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
		body: '{"username":"demo","password":"demo-password"}',
	});
	expect(transport.requests[0]?.headers).not.toHaveProperty('Authorization');
});
