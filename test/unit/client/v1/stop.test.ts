import { getEventListeners } from 'node:events';

import type { CallOptions } from '../../../../client/types';
import { cognigyErrorOf } from '../../../support/errors';
import { settle } from '../../../support/fakeClock';
import { inject, status } from '../../../support/sandboxFaults';
import { until } from '../../../support/until';
import { callOptions, startInput, v1Setup, versionsInput, type V1Setup } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

let setup: V1Setup;
let caller: AbortController;
let options: CallOptions;

beforeEach(async () => {
	setup = await v1Setup();
	caller = new AbortController();
	options = { ...callOptions, signal: caller.signal };
});
afterEach(closeSetups);

/** Waits until a call has reached the service, which will not answer it. */
const hanging = () => until(() => setup.sandbox.requests.at(-1)?.fault === 'hang');

/** Nothing of a call is left, here or there. */
async function expectNothingLeft(): Promise<void> {
	await until(() => setup.sandbox.stats().inFlight === 0);
	expect(setup.clock.pendingTimers).toBe(0);
	expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
}

describe('a call that is stopped', () => {
	it('while it waits for the versions ends as cancelled, and its connection with it', async () => {
		inject(setup.sandbox, 'versions', { kind: 'hang' });
		const outcome = cognigyErrorOf(setup.client.validateVersion(versionsInput, options));
		await hanging();
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled', mayHaveRun: false, isTransient: false });
		expect((await outcome).audit).toMatchObject({ errorCategory: 'cancelled', attempts: 1 });
		await expectNothingLeft();
		await until(() => setup.sandbox.stats().connectionsOpen === 0);
	});

	it('while it waits for the start ends as cancelled, and says that the flow may have run', async () => {
		inject(setup.sandbox, 'start', { kind: 'hang' });
		const outcome = cognigyErrorOf(setup.client.triggerFlow(startInput, options));
		await hanging();
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled', mayHaveRun: true });
		expect((await outcome).message).toMatch(/may have run, with session "session-1"/);
		expect(setup.sandbox.stats().starts).toBe(1);
		await expectNothingLeft();
	});

	it('while it logs in ends as cancelled, and the login with it', async () => {
		inject(setup.sandbox, 'login', { kind: 'hang' });
		const outcome = cognigyErrorOf(setup.client.triggerFlow(startInput, options));
		await hanging();
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled', mayHaveRun: false });
		expect(setup.sandbox.stats()).toMatchObject({ logins: 1, starts: 0 });
		await expectNothingLeft();
	});

	it('while others wait for the same login ends alone', async () => {
		inject(setup.sandbox, 'login', { kind: 'latency', ms: 20 });
		const outcome = cognigyErrorOf(setup.client.validateVersion(versionsInput, options));
		const other = setup.client.validateVersion(versionsInput, callOptions);
		await until(() => setup.sandbox.stats().logins === 1);
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled' });
		expect(await other).toMatchObject({ valid: true });
		expect(setup.sandbox.stats().logins).toBe(1);
	});

	it('between two attempts ends as cancelled, and nothing is sent any more', async () => {
		inject(setup.sandbox, 'versions', status(429, { headers: { 'retry-after': '30' }, times: 1_000 }));
		const outcome = cognigyErrorOf(setup.client.validateVersion(versionsInput, options));
		await until(() => setup.transport.responses.at(-1)?.status === 429);
		await settle();
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled' });
		expect((await outcome).audit).toMatchObject({ attempts: 1, httpStatus: 429 });
		await setup.clock.advance(60_000);
		expect(setup.sandbox.stats().versions).toBe(1);
		await expectNothingLeft();
	});

	it('before it began sends nothing', async () => {
		caller.abort();
		for (const call of [
			setup.client.triggerFlow(startInput, options),
			setup.client.validateVersion(versionsInput, options),
		]) {
			const error = await cognigyErrorOf(call);
			expect(error).toMatchObject({ category: 'cancelled', mayHaveRun: false });
			expect(error.audit).toMatchObject({ attempts: 0 });
		}

		expect(setup.sandbox.requests).toHaveLength(0);
		await expectNothingLeft();
	});

	it('leaves other calls alone', async () => {
		inject(setup.sandbox, 'versions', { kind: 'hang' });
		const outcome = cognigyErrorOf(setup.client.validateVersion(versionsInput, options));
		await hanging();
		const other = await setup.client.triggerFlow(startInput, callOptions);
		caller.abort();

		expect(other).toMatchObject({ status: 'started' });
		expect(await outcome).toMatchObject({ category: 'cancelled' });
		expect(await setup.client.validateVersion(versionsInput, callOptions)).toMatchObject({ valid: true });
	});
});

describe('a call that ends by itself', () => {
	it('leaves no timer and no listener behind, well or badly', async () => {
		await setup.client.validateVersion(versionsInput, options);
		await setup.client.triggerFlow(startInput, options);
		for (const fault of [status(404), status(503), { kind: 'dropAfter' } as const]) {
			inject(setup.sandbox, 'versions', fault);
			await setup.client.validateVersion(versionsInput, options).catch(() => {});
			inject(setup.sandbox, 'start', fault);
			await setup.client.triggerFlow(startInput, options).catch(() => {});
		}

		await expectNothingLeft();
	});

	it('that took too long leaves nothing behind either', async () => {
		inject(setup.sandbox, 'start', { kind: 'hang' });
		const outcome = cognigyErrorOf(setup.client.triggerFlow(startInput, options));
		await hanging();
		await setup.clock.advance(60_000);
		await outcome;

		await expectNothingLeft();
		await until(() => setup.sandbox.stats().connectionsOpen === 0);
	});
});

describe('closing the client', () => {
	it('ends everything that runs as cancelled, and every connection', async () => {
		const { client, sandbox } = setup;
		await client.validateVersion(versionsInput, options);
		inject(sandbox, 'versions', { kind: 'hang', times: 2 });
		inject(sandbox, 'start', { kind: 'hang' });
		const outcomes = [
			client.validateVersion(versionsInput, options),
			client.validateVersion(versionsInput, callOptions),
			client.triggerFlow(startInput, callOptions),
		].map(cognigyErrorOf);
		await until(() => sandbox.stats().inFlight === 3 && sandbox.requests.at(-1)?.fault === 'hang');
		client.close();

		const errors = await Promise.all(outcomes);
		expect(errors.map(({ category }) => category)).toEqual(['cancelled', 'cancelled', 'cancelled']);
		expect(errors.map(({ mayHaveRun }) => mayHaveRun)).toEqual([false, false, true]);
		await expectNothingLeft();
		await until(() => sandbox.stats().connectionsOpen === 0);
	});

	it('closes connections that nobody uses', async () => {
		await setup.client.validateVersion(versionsInput, options);
		expect(setup.sandbox.stats().connectionsOpen).toBe(1);
		setup.client.close();

		await until(() => setup.sandbox.stats().connectionsOpen === 0);
	});

	it('is for good: later calls are cancelled and send nothing', async () => {
		setup.client.close();

		expect(await cognigyErrorOf(setup.client.triggerFlow(startInput, options))).toMatchObject({
			category: 'cancelled',
			mayHaveRun: false,
		});
		expect(setup.sandbox.requests).toHaveLength(0);
	});

	it('may happen twice', () => {
		setup.client.close();
		setup.client.close();
	});

	it('leaves nothing that would keep the process alive', async () => {
		const sockets = () => process.getActiveResourcesInfo().filter((name) => /TCPSocket|TLS/.test(name)).length;
		const { client, sandbox } = setup;
		await until(() => sockets() === 0);
		inject(sandbox, 'start', { kind: 'hang' });
		await client.validateVersion(versionsInput, callOptions);
		const outcome = cognigyErrorOf(client.triggerFlow(startInput, callOptions));
		await hanging();
		expect(sockets()).toBeGreaterThan(0);
		client.close();
		await outcome;

		await until(() => sockets() === 0);
		expect(setup.clock.pendingTimers).toBe(0);
	});
});
