import type { INodeExecutionData } from 'n8n-workflow';

import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox } from '../../sandbox';
import { describeUnless } from '../support/edition';
import { startUnluckyGateway, thirdFifthSeventh, type UnluckyGateway } from '../support/unluckyGateway';
import { runNode, type RunOptions, type RunOutcome } from './engine';
import { auditOf, credentialFor, itemsOf, startOrderBot } from './support';
import { runWithTool } from './toolEngine';

let sandbox: Sandbox;
let gateway: UnluckyGateway | undefined;

beforeAll(async () => {
	sandbox = await startSandbox();
});
afterAll(async () => {
	await sandbox.close();
});
afterEach(async () => {
	closeAllClients();
	sandbox.faults.clear();
	await gateway?.close();
	gateway = undefined;
});

const type = 'cognigyTriggerFlow';
const retryOnFail = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

let runs = 0;
/** Users whom no other test has. */
function usersOf(count: number): INodeExecutionData[] {
	runs++;
	return itemsOf(count).map(({ json }) => ({ json: { user: `${String(json['user'])} of ${runs}` } }));
}

const startsOf = ({ json }: INodeExecutionData) =>
	sandbox.sessions.filter(({ userId }) => userId === String(json['user'])).length;

async function start(options: Partial<RunOptions> & Pick<RunOptions, 'items'>): Promise<RunOutcome> {
	return await runNode({ type, credential: credentialFor(sandbox), parameters: startOrderBot, ...options });
}

const sessionIds = ({ output }: RunOutcome) => output.map(({ json }) => json['sessionId']);

/** Where another worker may take an execution over. */
function inQueueMode(): void {
	beforeAll(() => (process.env['EXECUTIONS_MODE'] = 'queue'));
	afterAll(() => delete process.env['EXECUTIONS_MODE']);
}

describe('n8n tries the node again (guarantee 1)', () => {
	it('with Retry On Fail nothing is started twice, and every item has its true fate', async () => {
		gateway = await startUnluckyGateway(sandbox.url, (number) => thirdFifthSeventh(number + 6));
		const items = usersOf(100);
		const { output } = await start({
			items,
			credential: { ...credentialFor(sandbox), baseUrl: gateway.url },
			// n8n tries again when the first item failed: here it is refused at first.
			parameters: { ...startOrderBot, options: { concurrency: 1 } },
			onError: 'continueRegularOutput',
			settings: { ...retryOnFail, maxTries: 3 },
		});
		expect(output).toHaveLength(100);
		expect(output[0]?.json).toHaveProperty('sessionId');
		expect(gateway.fates.length).toBeGreaterThan(100);
		for (const [index, { json }] of output.entries()) {
			const item = items[index];
			if (!item) throw new Error('There is one for each');
			const made = startsOf(item);
			expect(made).toBeLessThanOrEqual(1);
			if ('sessionId' in json) expect(made).toBe(1);
			else if (String(json['error']).includes('may have run')) expect(made).toBe(1);
			else expect([made, json['errorCategory']]).toEqual([0, 'invalidInput']);
		}
	});

	it('an expression that gives something else with each try makes no other start', async () => {
		const items = usersOf(2);
		const [first] = items;
		sandbox.faults.inject({ operation: 'start', kind: 'status', status: 400 });
		const { output } = await start({
			items,
			parameters: { ...startOrderBot, context: '={{ { "at": Math.random() } }}', options: { concurrency: 1 } },
			onError: 'continueRegularOutput',
			settings: retryOnFail,
		});
		expect(first && startsOf(first)).toBe(1);
		expect(items.map(startsOf)).toEqual([1, 1]);
		expect(output.map((item) => auditOf(item).repeated)).toEqual([undefined, true]);
	});

	it('where it tries nothing again, nothing is kept of what was started', async () => {
		const [first] = usersOf(1);
		if (!first) throw new Error('There is one');
		await start({ items: [first], executionId: 'same-7' });
		await start({ items: [{ json: { ...first.json } }], executionId: 'same-7' });
		expect(startsOf(first)).toBe(2);
	});
});

describeUnless('unknown-queue-mode')('another worker runs the execution again (guarantee 1)', () => {
	inQueueMode();

	it('items that were started come out as they did at first, the others are sent', async () => {
		const [first, ...others] = usersOf(3);
		if (!first) throw new Error('There are three');
		sandbox.faults.inject({ operation: 'start', kind: 'status', status: 400, after: 2 });
		const items = [first, ...others];
		const failed = await start({
			items,
			executionId: 'same-1',
			parameters: { ...startOrderBot, options: { concurrency: 1 } },
		});
		expect(failed.error?.message).toContain('400');
		expect(items.map(startsOf)).toEqual([1, 1, 0]);

		const again = await start({ items, executionId: 'same-1' });
		expect(items.map(startsOf)).toEqual([1, 1, 1]);
		expect(again.output.map((item) => [auditOf(item).attempts, auditOf(item).repeated])).toEqual([
			[0, true],
			[0, true],
			[1, undefined],
		]);
		expect(again.output.map(({ json }) => json['repeated'])).toEqual([undefined, undefined, undefined]);
		const sessions = sandbox.sessions.filter(({ userId }) => items.some(({ json }) => json['user'] === userId));
		expect(sessionIds(again)).toEqual(sessions.map(({ sessionId }) => sessionId));
	});

	it('what may have run fails again with the same words, unsent', async () => {
		const items = usersOf(1);
		sandbox.faults.inject({ operation: 'start', kind: 'dropAfter' });
		const first = await start({ items, executionId: 'same-2' });
		const again = await start({ items, executionId: 'same-2' });
		expect(first.error?.message).toContain('may have run');
		expect(again.error?.message).toBe(first.error?.message);
		expect(again.error?.description).toBe(first.error?.description);
		expect(items.map(startsOf)).toEqual([1]);
	});

	it('what nodes before it have put into the item does not matter, only what is asked for', async () => {
		const [item] = usersOf(1);
		if (!item) throw new Error('There is one');
		const first = await start({ items: [item], executionId: 'same-3' });
		const later = { json: { ...item.json, audit: { latencyMs: 7 } } };
		const again = await start({ items: [later], executionId: 'same-3' });
		expect(sessionIds(again)).toEqual(sessionIds(first));
		expect([item].map(startsOf)).toEqual([1]);
	});

	it('items are known by what they ask for, wherever they stand, and each of those that are alike', async () => {
		const [a, b, c] = usersOf(3);
		if (!a || !b || !c) throw new Error('There are three');
		// As other objects, as in another process.
		const copies = (...all: INodeExecutionData[]) => all.map(({ json }) => ({ json: { ...json } }));
		const first = await start({ items: copies(a, b, b), executionId: 'same-4' });
		const again = await start({ items: copies(b, c, b, b), executionId: 'same-4' });
		const [, firstB, secondB] = sessionIds(first);
		const repeated = sessionIds(again);
		expect([repeated[0], repeated[2]]).toEqual([firstB, secondB]);
		expect([a, b, c].map(startsOf)).toEqual([1, 3, 1]);
	});
});

describe('what looks alike and is another start', () => {
	inQueueMode();

	it('another execution', async () => {
		const items = usersOf(1);
		const [first, again] = [await start({ items }), await start({ items })];
		expect(sessionIds(again)).not.toEqual(sessionIds(first));
		expect(items.map(startsOf)).toEqual([2]);
	});

	it('another pass of a loop, also where n8n tries again', async () => {
		const items = usersOf(1);
		await start({ items, passes: 2, settings: retryOnFail });
		expect(items.map(startsOf)).toEqual([2]);
	});

	it('another node of the same execution', async () => {
		const items = usersOf(1);
		await start({ items, executionId: 'same-5' });
		await start({ items, executionId: 'same-5', settings: { id: 'node-2' } });
		expect(items.map(startsOf)).toEqual([2]);
	});

	it('another account', async () => {
		const items = usersOf(1);
		await start({ items, executionId: 'same-6' });
		const other = await startSandbox();
		try {
			const { output } = await start({ items, executionId: 'same-6', credential: credentialFor(other) });
			expect(other.sessions.map(({ sessionId }) => sessionId)).toEqual([output[0]?.json['sessionId']]);
		} finally {
			await other.close();
		}
	});
});

describe('tools of an AI agent', () => {
	const tool = (items: INodeExecutionData[], settings?: RunOptions['settings']) => ({
		type,
		credential: credentialFor(sandbox),
		parameters: { ...startOrderBot, userId: String(items[0]?.json['user']) },
		...(settings ? { settings } : {}),
	});

	it('each call is another start', async () => {
		const items = usersOf(1);
		await runWithTool(tool(items, retryOnFail), async (called) => {
			await called.invoke({ said: 'Hello' });
			await called.invoke({ said: 'Hello' });
		});
		expect(items.map(startsOf)).toEqual([2]);
	});

	it('a call that n8n tries again is the same start', async () => {
		const items = usersOf(1);
		sandbox.faults.inject({ operation: 'start', kind: 'dropAfter' });
		const { answer } = await runWithTool(tool(items, retryOnFail), async (called) => {
			return await called.invoke({ said: 'Hello' }).catch((error: unknown) => String(error));
		});
		expect(answer).toContain('may have run');
		expect(items.map(startsOf)).toEqual([1]);
	});
});
