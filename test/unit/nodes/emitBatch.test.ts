import type { IWorkflowSettings, ITriggerFunctions } from 'n8n-workflow';

import type { MessageBatch } from '../../../client';
import { emitAndWait } from '../../../nodes/CognigyStreamMessagesTrigger/emitBatch';

/** Ends the wait that is under way. */
let timeIsOver: (() => void) | undefined;
let waitMs: number | undefined;

jest.mock('node:timers/promises', () => ({
	setTimeout: async (ms: number, _value: undefined, { signal }: { signal: AbortSignal }) => {
		waitMs = ms;
		await new Promise<void>((resolve, reject) => {
			timeIsOver = resolve;
			signal.addEventListener('abort', () => reject(signal.reason));
		});
	},
}));

beforeEach(() => {
	timeIsOver = undefined;
	waitMs = undefined;
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
	const done = deferred();
	const emit = jest.fn();
	const context = {
		emit,
		getWorkflowSettings: () => settings,
		getWorkflow: () => ({ id: 'w' }),
		getNode: () => ({ id: 'n' }),
		helpers: { createDeferredPromise: () => done },
	} as unknown as ITriggerFunctions;
	return { context, emit, done };
}

it("waits no longer for an execution than the workflow's time limit and a little more", async () => {
	const { context, emit } = triggerWith({ executionTimeout: 60 });
	const waiting = emitAndWait(context, batch);
	expect(waitMs).toBe(70_000);
	timeIsOver?.();
	await waiting;

	expect(emit).toHaveBeenCalledTimes(1);
});

it('leaves no timer behind when the execution ends before', async () => {
	const { context, done } = triggerWith({ executionTimeout: 60 });
	const waiting = emitAndWait(context, batch);
	done.resolve(undefined);

	await expect(waiting).resolves.toBeUndefined();
});

it.each([{}, { executionTimeout: -1 }, { executionTimeout: 0 }])(
	'waits as long as it takes with %j',
	async (settings) => {
		const { context, done } = triggerWith(settings);
		const waiting = emitAndWait(context, batch);
		expect(waitMs).toBeUndefined();
		done.resolve(undefined);

		await expect(waiting).resolves.toBeUndefined();
	},
);

it('takes a limit of years for what timers can do', async () => {
	const { context } = triggerWith({ executionTimeout: 1e9 });
	void emitAndWait(context, batch);

	expect(waitMs).toBe(2 ** 31 - 1);
});

it.each([
	'ExecutionCancelledError',
	'ManualExecutionCancelledError',
	'TimeoutExecutionCancelledError',
	'SystemShutdownExecutionCancelledError',
	'ExecutionNotFoundError',
])('an execution that was begun is taken, whatever became of it: %s', async (name) => {
	const { context, done } = triggerWith({});
	const waiting = emitAndWait(context, batch);
	const error = new Error(name);
	Object.defineProperty(error, 'constructor', { value: { name } });
	done.reject(error);

	await expect(waiting).resolves.toBeUndefined();
});

it('an execution that could not be created is not taken', async () => {
	const { context, done } = triggerWith({});
	const waiting = emitAndWait(context, batch);
	done.reject(new Error('the database is locked'));

	await expect(waiting).rejects.toThrow('the database is locked');
});
