import { NodeTransport } from '../../../../client/transport/node/nodeTransport';
import { unrestrictedEgress } from '../../../../client/transport/egress';
import { loginOnce } from '../../../../client/v1/signIn';
import { startSandbox, type Sandbox } from '../../../../sandbox';
import { restoreEnvironment, withoutProxies } from '../../../support/environment';
import { cognigyErrorOf } from '../../../support/errors';
import { always, inject, status } from '../../../support/sandboxFaults';
import { allThatShows } from '../../../support/secrets';

let sandbox: Sandbox;
let transport: NodeTransport;

beforeEach(async () => {
	withoutProxies();
	sandbox = await startSandbox();
	transport = new NodeTransport(unrestrictedEgress);
});
afterEach(async () => {
	transport.close();
	await sandbox.close();
	restoreEnvironment();
});

const fields = (changes: object = {}) => ({
	baseUrl: sandbox.url,
	username: 'demo',
	password: 'demo-password',
	...changes,
});

describe('one login for the Test button', () => {
	it('gives a token that works', async () => {
		const token = await loginOnce(fields(), transport);
		const { status: code } = await transport.send({
			method: 'GET',
			url: `${sandbox.url}/api/v1/bots/order-status/versions`,
			headers: { Authorization: `Bearer ${token}` },
			signal: new AbortController().signal,
		});

		expect(code).toBe(200);
	});

	it('really logs in every time, so that a wrong password cannot pass', async () => {
		await loginOnce(fields(), transport);
		await loginOnce(fields(), transport);
		expect(sandbox.stats().logins).toBe(2);

		const error = await cognigyErrorOf(loginOnce(fields({ password: 'wrong-password' }), transport));
		expect(error).toMatchObject({ category: 'authentication', httpStatus: 401 });
		expect(allThatShows(error)).not.toContain('wrong-password');
		expect(sandbox.stats().logins).toBe(3);
	});

	it('is repeated once: somebody waits for it', async () => {
		inject(sandbox, 'login', { kind: 'dropAfter' });
		expect(await loginOnce(fields(), transport)).toMatch(/^\S+$/);
		expect(sandbox.stats().logins).toBe(2);

		inject(sandbox, 'login', status(503, always));
		expect(await cognigyErrorOf(loginOnce(fields(), transport))).toMatchObject({ category: 'server' });
		expect(sandbox.stats().logins).toBe(4);
	});

	it.each([{ kind: 'dropAfter' } as const, { kind: 'badJson' } as const, status(500), status(404)])(
		'shows neither password nor user when it fails: %j',
		async (fault) => {
			inject(sandbox, 'login', { ...fault, ...always });

			const error = await cognigyErrorOf(loginOnce(fields(), transport));
			expect(allThatShows(error)).not.toMatch(/demo/);
		},
	);

	it('is not sent with fields that cannot be right', async () => {
		const error = await cognigyErrorOf(loginOnce(fields({ username: '' }), transport));

		expect(error).toMatchObject({ category: 'invalidInput', parameter: 'username' });
		expect(sandbox.requests).toHaveLength(0);
	});
});
