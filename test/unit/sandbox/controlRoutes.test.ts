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

	it('let the bot, or somebody else, say something in a session', async () => {
		await call(startUrl(sandbox), { token, body: { ...startBody, sessionId: 'ü/2' } });
		const path = `sessions/${encodeURIComponent('ü/2')}/messages`;
		const plainText = { 'content-type': 'text/plain' };

		const reply = await control(path, 'POST', { text: 'Hello?' }, plainText);
		await control(path, 'POST', { text: 'Yes.', type: 'user' });

		expect(reply).toMatchObject({ status: 201, json: { said: { type: 'bot', text: 'Hello?' } } });
		expect(sandbox.sessions[0]?.transcript.slice(2)).toMatchObject([reply.json.said, { type: 'user', text: 'Yes.' }]);
	});

	it.each([
		['no JSON', 'x', 400, /not JSON/],
		['nothing', undefined, 400, /missing/],
		['no text', {}, 400, /text: Required/],
		['an unknown type', { text: 'Hello?', type: 'robot' }, 400, /type: /],
		['an unknown field', { text: 'Hello?', kind: 'bot' }, 400, /'kind'/],
		['a message of no session', { text: 'Hello?' }, 404, /No such session is running/],
	])('refuse %s as something to be said', async (_case, body, status, message) => {
		const reply = await control('sessions/none/messages', 'POST', body);

		expect(reply).toMatchObject({ status, json: { message: expect.stringMatching(message) } });
	});

	it.each([
		['', 410],
		['?status=410', 410],
		['?status=404', 404],
	])('end a session with %p: it answers %i from then on', async (query, status) => {
		await call(startUrl(sandbox), { token, body: { ...startBody, sessionId: 's-1' } });

		const reply = await control(`sessions/s-1${query}`, 'DELETE');

		expect(reply).toMatchObject({ status: 200, json: { ended: 's-1', status } });
		expect(await call(`${startUrl(sandbox)}/s-1/messages`, { token })).toMatchObject({
			status,
			json: { error: 'session_ended' },
		});
		expect(await control('sessions/s-1', 'DELETE')).toMatchObject({ status: 404, json: { error: 'not_found' } });
	});

	it('end no session with another status', async () => {
		await call(startUrl(sandbox), { token, body: { ...startBody, sessionId: 's-1' } });

		expect(await control('sessions/s-1?status=500', 'DELETE')).toMatchObject({
			status: 400,
			json: { message: 'status: Must be one of 404, 410.' },
		});
		expect(sandbox.sessions).toHaveLength(1);
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
