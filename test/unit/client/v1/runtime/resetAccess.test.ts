import type { CallOptions } from '../../../../../client/types';
import { cognigyErrorOf } from '../../../../support/errors';
import { resetInput, resetOptions, runtimeSetup, type RuntimeSetup } from '../../../../support/runtime';
import { closeServers } from '../../../../support/servers';
import { closeSetups } from '../../../../support/setups';

let setup: RuntimeSetup;

beforeEach(async () => {
	setup = await runtimeSetup();
});
afterEach(closeSetups);

const reset = (options: Partial<CallOptions> = {}) =>
	setup.client.resetSession(resetInput, { ...resetOptions, ...options });

/** The tokens that the service was shown, in order. */
const shownTokens = () =>
	setup.service.dials.map(({ path }) => new URL(path, 'http://localhost').searchParams.get('token'));

const refusedWith = async (status: number, body = '', headers: Record<string, string> = {}) => {
	setup.service.dialAnswers.push(...Array.from({ length: 20 }, () => ({ status, body, headers })));
	return await cognigyErrorOf(reset());
};

describe('a token that is refused (401)', () => {
	it('is renewed by one login, and the channel dialled once more (guarantee 4)', async () => {
		setup.service.dialAnswers.push({ status: 401 });

		expect(await reset()).toMatchObject({ verified: true, audit: { attempts: 2, httpStatus: 401 } });
		expect(setup.service.tokens).toHaveLength(2);
		expect(shownTokens()).toEqual(setup.service.tokens);
	});

	it('is renewed also with 0 retries', async () => {
		setup.service.dialAnswers.push({ status: 401 });
		expect(await reset({ retries: 0 })).toMatchObject({ verified: true });
	});

	it('as the new one is, ends the reset', async () => {
		const error = await refusedWith(401, '{"message":"no"}');

		expect(error).toMatchObject({ category: 'authentication', httpStatus: 401, isTransient: false });
		expect(error.message).toMatch(/^Resetting session "session-1" failed: .*\(401\)/);
		expect(error.audit).toMatchObject({ attempts: 2, httpStatus: 401 });
		expect(setup.service.tokens).toHaveLength(2);
		expect(setup.service.dials).toHaveLength(2);
	});

	it('as the new one is, holds back further logins for 15 s', async () => {
		await refusedWith(401);
		const held = await cognigyErrorOf(reset());
		expect(held).toMatchObject({ category: 'authentication' });
		expect(held.message).toMatch(/refused even a new token a moment ago/);
		expect(setup.service.tokens).toHaveLength(2);

		await setup.clock.advance(15_000);
		setup.service.dialAnswers.splice(1);
		expect(await reset()).toMatchObject({ verified: true });
		expect(setup.service.tokens).toHaveLength(3);
	});

	it('by many items at once is renewed by one login', async () => {
		setup.service.dialAnswers.push(...Array.from({ length: 8 }, () => ({ status: 401 })));
		const results = await Promise.all(Array.from({ length: 8 }, () => reset()));

		expect(results.every(({ verified }) => verified)).toBe(true);
		expect(setup.service.tokens).toHaveLength(2);
	});

	it('is one token for REST and the runtime channel: one login (guarantee 4)', async () => {
		await Promise.all([reset(), reset(), reset()]);
		expect(setup.service.tokens).toHaveLength(1);
	});
});

describe('a login that fails', () => {
	it('ends the reset as authentication, and nothing is dialled', async () => {
		setup.service.loginAnswers.push({ status: 401 });

		expect(await cognigyErrorOf(reset())).toMatchObject({ category: 'authentication', httpStatus: 401 });
		expect(setup.service.dials).toHaveLength(0);
	});

	it('for a passing fault is repeated by itself, not once more by the reset', async () => {
		setup.service.loginAnswers.push(...Array.from({ length: 20 }, () => ({ status: 503 })));

		expect(await cognigyErrorOf(reset())).toMatchObject({ category: 'server' });
		expect(setup.service.loginAnswers).toHaveLength(16);
	});
});

describe('a missing scope (403)', () => {
	it.each([
		['{"message":"scope bot:runtime:execute is missing"}', 'bot:runtime:execute'],
		['{"missing":["session:manage"]}', 'session:manage'],
		['session:manage', 'session:manage'],
		['{"required":"bot:runtime:execute session:manage"}', 'bot:runtime:execute or session:manage'],
		['{"message":"Forbidden"}', 'bot:runtime:execute or session:manage'],
		['', 'bot:runtime:execute or session:manage'],
	])('is named as far as the answer names it: %s', async (body, scope) => {
		const error = await refusedWith(403, body);

		expect(error).toMatchObject({ category: 'permission', httpStatus: 403, isTransient: false });
		expect(error.message).toContain(`the permission ${scope} is missing (403)`);
		expect(error.advice).toContain(scope);
		expect(setup.service.dials).toHaveLength(1);
	});
});

describe('a handshake that is refused', () => {
	it.each([
		[400, 'invalidInput', /malformed \(400\)/, /Check Bot ID, and Tenant ID of the credential/, 1],
		[404, 'notFound', /127\.0\.0\.1:\d+ has no runtime channel for bot "order-status" \(404\)/, /WebSocket URL/, 1],
		[200, 'protocol', /the status 200 instead of opening a WebSocket/, /Check WebSocket URL/, 1],
		[201, 'protocol', /the status 201 instead of opening a WebSocket/, /Check WebSocket URL/, 1],
		[301, 'protocol', /the status 301 instead of opening a WebSocket/, /Check WebSocket URL/, 1],
		[308, 'protocol', /the status 308 instead of opening a WebSocket/, /Check WebSocket URL/, 1],
		[426, 'protocol', /the status 426 instead of opening a WebSocket/, /proxies and load balancers/, 1],
		[407, 'network', /the proxy in between asks for a login \(407\)/, /HTTP_PROXY/, 1],
		[418, 'protocol', /the unexpected status 418/, /Check/, 1],
		[408, 'server', /\(408\)/, /Try again later/, 4],
		[429, 'rateLimit', /too many requests to Cognigy \(429\)/, /Concurrency/, 4],
		[500, 'server', /\(500\)/, /Try again later/, 4],
		[503, 'server', /\(503\)/, /Try again later/, 4],
	])('with %d is %s, and dialled as often as that makes sense', async (status, category, message, advice, dials) => {
		const error = await refusedWith(status, '', { location: 'http://127.0.0.1:1/' });

		expect(error).toMatchObject({ category, httpStatus: status, isTransient: dials > 1 });
		expect(error.message).toMatch(/^Resetting session "session-1" failed: /);
		expect(error.message).toMatch(message);
		expect(error.advice).toMatch(advice);
		expect(error.audit).toMatchObject({ attempts: dials, httpStatus: status, errorCategory: category });
		expect(setup.service.dials).toHaveLength(dials);
	});

	it('is told with the words of the service', async () => {
		const error = await refusedWith(400, '{"message":"botId is\\nno UUID"}');
		expect(error.message).toContain('(400): botId is no UUID');
	});

	it('because the service is gone is a matter of the network', async () => {
		await reset();
		await closeServers();
		expect(await cognigyErrorOf(reset())).toMatchObject({ category: 'network', isTransient: true });
	});
});
