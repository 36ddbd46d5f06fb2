import type { IWorkflowSettings, ITriggerFunctions } from 'n8n-workflow';

import * as clientModule from '../../../client';
import type { MessageBatch } from '../../../client';
import { emitAndWait } from '../../../nodes/CognigyStreamMessagesTrigger/emitBatch';
import { FakeClock } from '../../support/fakeClock';

let clock: FakeClock;
let client: typeof clientModule;

beforeEach(() => {
	clock = new FakeClock();
	client = { ...clientModule, edition: { ...clientModule.edition, clock } };
});

const batch: MessageBatch = {
	session: { sessionId: 's-1', botId: 'b', flowId: 'f' },
	messages: [{ messageId: 'm-1', text: 'Hello', type: 'bot', timestamp: '2026-01-31T12:00:00Z' }],
	id: 'batch-1',
	audit: {
		timestamp: '2026-01-31T12:00:00Z',
		operation: 'streamMessages',
		botId: 'b',
		status: 'success',
		latencyMs: 1,
		attempts: 1,
	},
};

function deferred() {
	let resolve: (value: unknown) => void = () => {};
	let reject: (error: Error) => void = () => {};
	const promise = new Promise<unknown>((fulfil, refuse) => {
		resolve = fulfil;
		reject = refuse;
	});
	return { promise, resolve, reject };
}

/** A trigger whose executions never end by themselves. */
function triggerWith(settings: IWorkflowSettings) {
	const [done, response] = [deferred(), deferred()];
	let asked = 0;
	const emit = jest.fn();
	const context = {
		emit,
		getWorkflowSettings: () => settings,
		getWorkflow: () => ({ id: 'w' }),
		getNode: () => ({ id: 'n' }),
		helpers: { createDeferredPromise: () => (asked++ % 2 === 0 ? done : response) },
	} as unknown as ITriggerFunctions;
	return { context, emit, done, response };
}

it("waits no longer for an execution than the workflow's time limit and a little more", async () => {
	const { context, emit } = triggerWith({ executionTimeout: 60 });
	const onEnd = jest.fn();
	const waiting = emitAndWait(context, batch, client).then(onEnd);
	await clock.advance(69_999);
	expect(onEnd).not.toHaveBeenCalled();
	await clock.advance(1);
	await waiting;

	expect(emit).toHaveBeenCalledTimes(1);
});

it('leaves no timer behind when the execution ends before', async () => {
	const { context, done } = triggerWith({ executionTimeout: 60 });
	const waiting = emitAndWait(context, batch, client);
	done.resolve(undefined);

	await expect(waiting).resolves.toBeUndefined();
	expect(clock.pendingTimers).toBe(0);
});

it.each([{}, { executionTimeout: -1 }, { executionTimeout: 0 }])(
	'waits as long as it takes with %j',
	async (settings) => {
		const { context, done } = triggerWith(settings);
		const waiting = emitAndWait(context, batch, client);
		expect(clock.pendingTimers).toBe(0);
		done.resolve(undefined);

		await expect(waiting).resolves.toBeUndefined();
	},
);

it.each([
	'ExecutionCancelledError',
	'ManualExecutionCancelledError',
	'TimeoutExecutionCancelledError',
	'SystemShutdownExecutionCancelledError',
	'ExecutionNotFoundError',
])('an execution that was begun is taken, whatever became of it: %s', async (name) => {
	const { context, done } = triggerWith({});
	const waiting = emitAndWait(context, batch, client);
	const error = new Error(name);
	Object.defineProperty(error, 'constructor', { value: { name } });
	done.reject(error);

	await expect(waiting).resolves.toBeUndefined();
});

it('an execution that could not be created is not taken', async () => {
	const { context, done } = triggerWith({});
	const waiting = emitAndWait(context, batch, client);
	done.reject(new Error('the database is locked'));

	await expect(waiting).rejects.toThrow('the database is locked');
});

describe('an end that n8n misses, as it can in queue mode', () => {
	it.each([
		['', {}],
		[', badly', { body: { message: 'Workflow execution failed' }, statusCode: 500 }],
	])('is known by what the worker says to whoever has called the workflow%s', async (_how, answer) => {
		const { context, emit, response } = triggerWith({});
		const waiting = emitAndWait(context, batch, client);
		expect(emit).toHaveBeenCalledWith([expect.any(Array)], response, expect.anything(), expect.any(String));
		response.resolve(answer);

		await expect(waiting).resolves.toBeUndefined();
	});

	it.each([
		['a response of the workflow', { body: { ok: true }, headers: {}, statusCode: 200 }],
		['one that says that it failed', { body: 'Workflow execution failed', headers: {}, statusCode: 500 }],
		['one without a body', { body: null, headers: {}, statusCode: 500 }],
	])('is not %s, which may go on', async (_what, answer) => {
		const { context, done, response } = triggerWith({});
		const onEnd = jest.fn();
		const waiting = emitAndWait(context, batch, client).then(onEnd);
		response.resolve(answer);
		await new Promise(setImmediate);
		expect(onEnd).not.toHaveBeenCalled();
		done.resolve(undefined);
		await waiting;
	});

	it('is not that nobody responds any more: what became of the execution is said besides', async () => {
		const { context, done, response } = triggerWith({});
		const waiting = emitAndWait(context, batch, client);
		response.reject(new Error('cancelled'));
		await new Promise(setImmediate);
		done.reject(new Error('the database is locked'));

		await expect(waiting).rejects.toThrow('the database is locked');
	});

	it('leaves nothing that nobody listens to where n8n refuses at once', async () => {
		const { context, done, response } = triggerWith({});
		const refusal = new Error('this trigger waits for its execution');
		const emit = jest.fn().mockImplementationOnce(() => {
			response.reject(refusal);
			done.reject(refusal);
			throw refusal;
		});
		Object.assign(context, { emit });
		await emitAndWait(context, batch, client);
		// Node would end the test run for a rejection that nobody sees.
		await new Promise(setImmediate);

		expect(emit).toHaveBeenLastCalledWith([expect.any(Array)], undefined, undefined, expect.any(String));
	});

	it('is not asked for where n8n would cancel an execution for it when it is stopped', async () => {
		const { context, done } = triggerWith({});
		const emit = jest.fn();
		Object.assign(context, { emit: (a: unknown, b: unknown, c: unknown) => emit(a, b, c) });
		const waiting = emitAndWait(context, batch, client);
		done.resolve(undefined);
		await waiting;

		expect(emit).toHaveBeenCalledWith([expect.any(Array)], undefined, done);
	});
});

describe('a trigger that starts anew while an execution is to begin', () => {
	it('waits for that one', async () => {
		const { context, emit, done } = triggerWith({});
		const first = emitAndWait(context, batch, client);
		const again = triggerWith({});
		const second = emitAndWait(again.context, batch, client);
		done.resolve(undefined);

		await expect(Promise.all([first, second])).resolves.toBeDefined();
		expect(emit).toHaveBeenCalledTimes(1);
		expect(again.emit).not.toHaveBeenCalled();
	});

	it('starts it when that failed, and when it comes again later', async () => {
		const { context, done } = triggerWith({});
		const first = emitAndWait(context, batch, client);
		const again = triggerWith({});
		const second = emitAndWait(again.context, batch, client);
		done.reject(new Error('the database is closed'));
		await expect(Promise.allSettled([first, second])).resolves.toMatchObject([
			{ status: 'rejected' },
			{ status: 'rejected' },
		]);

		again.done.resolve(undefined);
		await emitAndWait(again.context, batch, client);
		await emitAndWait(again.context, batch, client);
		expect(again.emit).toHaveBeenCalledTimes(2);
	});

	it('does not wait for another batch, or another workflow', async () => {
		const { context, done } = triggerWith({});
		const first = emitAndWait(context, batch, client);
		const other = triggerWith({});
		other.done.resolve(undefined);
		await emitAndWait(other.context, { ...batch, id: 'batch-2' }, client);
		Object.assign(other.context, { getWorkflow: () => ({ id: 'w2' }) });
		await emitAndWait(other.context, batch, client);
		expect(other.emit).toHaveBeenCalledTimes(2);
		done.resolve(undefined);
		await first;
	});
});
