import type { Sandbox } from '../../../sandbox';
import { call, closeSandboxes, logIn, sandboxFor, startBody, startUrl, versionsUrl } from './support';

let sandbox: Sandbox;
let token: string;

beforeEach(async () => {
	sandbox = await sandboxFor();
	token = await logIn(sandbox);
});
afterEach(closeSandboxes);

const control = (path: string, method = 'GET', body?: unknown, headers = {}) =>
	call(`${sandbox.url}/sandbox/${path}`, { method, body, headers });

describe('the control routes', () => {
	it('inject a fault, whatever content type curl gives it', async () => {
		const fault = { operation: 'versions', kind: 'status', status: 418 };

		const reply = await control('faults', 'POST', fault, { 'content-type': 'application/x-www-form-urlencoded' });

		expect(reply).toMatchObject({ status: 201, json: { injected: { ...fault, times: 1, after: 0 } } });
		expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 418 });
	});

	it.each([
		['no JSON', 'x', /fault as JSON/],
		['nothing', undefined, /fault as JSON/],
		['no fault', { operation: 'start', kind: 'status', status: 'bad' }, /status: Expected number/],
	])('answer 400 to %s and say why', async (_case, body, reason) => {
		const reply = await control('faults', 'POST', body);

		expect(reply).toMatchObject({
			status: 400,
			json: { error: 'bad_request', message: expect.stringMatching(reason) },
		});
	});

	it('clear the faults', async () => {
		sandbox.faults.inject({ operation: 'versions', kind: 'hang' });

		expect(await control('faults', 'DELETE')).toMatchObject({ status: 200, json: { cleared: 1 } });
		expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 200 });
	});

	it('show the sessions, the newest first, and one of them', async () => {
		for (const sessionId of ['first', 'ü/2']) {
			await call(startUrl(sandbox), { token, body: { ...startBody, sessionId } });
		}

		expect(await control('sessions')).toMatchObject({
			status: 200,
			json: { total: 2, newestFirst: [{ sessionId: 'ü/2' }, { sessionId: 'first' }] },
		});
		expect(await control(`sessions/${encodeURIComponent('ü/2')}`)).toMatchObject({
			status: 200,
			json: { sessionId: 'ü/2', input: 'Hello', transcript: [{ type: 'user' }, { type: 'bot' }] },
		});
		expect(await control('sessions/none')).toMatchObject({ status: 404, json: { error: 'not_found' } });
	});

	it('show the stats and count from zero again', async () => {
		await call(startUrl(sandbox), { token, body: startBody });

		expect((await control('stats')).json).toMatchObject({ logins: 1, starts: 1, flowsStarted: 1, tokensIssued: 1 });
		expect((await control('reset-stats', 'POST')).json).toMatchObject({ logins: 0, starts: 0, connectionsOpened: 0 });
		expect((await control('stats')).json).toEqual({ ...sandbox.stats() });
	});

	it('expire the tokens', async () => {
		expect(await control('expire-tokens', 'POST')).toMatchObject({ status: 200, json: { expired: 1 } });
		expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 401 });
	});

	it('are in no journal and no stats, also where there is none', async () => {
		const before = { stats: sandbox.stats(), requests: sandbox.requests };

		expect(await control('stats')).toMatchObject({ status: 200 });
		expect(await control('nothing')).toMatchObject({ status: 404 });
		expect(await control('sessions/%ZZ')).toMatchObject({ status: 400 });

		expect({ stats: sandbox.stats(), requests: sandbox.requests }).toEqual(before);
	});
});
