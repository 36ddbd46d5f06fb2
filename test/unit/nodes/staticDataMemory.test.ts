import { Workflow, type IDataObject, type INode, type ITriggerFunctions } from 'n8n-workflow';

import { staticDataMemory } from '../../../nodes/CognigyStreamMessagesTrigger/staticDataMemory';

const node: INode = {
	id: 'node-1',
	name: 'Messages',
	type: 'test.node',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

/** n8n's own static data, as it was kept. */
function n8nWith(staticData: IDataObject = {}) {
	const workflow = new Workflow({
		id: 'workflow-1',
		active: true,
		nodeTypes: { getByName: () => undefined, getByNameAndVersion: () => undefined, getKnownTypes: () => ({}) } as never,
		nodes: [node],
		connections: {},
		staticData,
	});
	const context = {
		getWorkflowStaticData: (type: string) => workflow.getStaticData(type, node),
	} as unknown as ITriggerFunctions;
	return {
		memory: (sessionId = 's-1') => staticDataMemory(context, sessionId),
		/** Whether n8n would write something; and what. */
		isChanged: () => workflow.staticData['__dataChanged'] === true,
		kept: () => JSON.parse(JSON.stringify(workflow.staticData)) as IDataObject,
	};
}

const delivered = (value: unknown) => ({ 'node:Messages': { delivered: value } }) as IDataObject;

it('knows nothing at first, and lets n8n write nothing', () => {
	const n8n = n8nWith();
	expect(n8n.memory().ids()).toEqual([]);
	expect(n8n.isChanged()).toBe(false);
});

it('is in the static data as soon as something is delivered: n8n writes that with the execution', () => {
	const n8n = n8nWith();
	n8n.memory().add(['m-1', 'm-2']);
	expect(n8n.isChanged()).toBe(true);
	expect(n8n.kept()).toEqual(delivered({ sessionId: 's-1', ids: ['m-1', 'm-2'] }));
});

it('goes on with what n8n has kept', () => {
	const before = n8nWith();
	before.memory().add(['m-1']);
	const n8n = n8nWith(before.kept());
	const memory = n8n.memory();
	expect(memory.ids()).toEqual(['m-1']);
	expect(n8n.isChanged()).toBe(false);
	memory.add(['m-2']);
	expect(n8nWith(n8n.kept()).memory().ids()).toEqual(['m-1', 'm-2']);
});

it('forgets what was not taken', () => {
	const n8n = n8nWith(delivered({ sessionId: 's-1', ids: ['m-0'] }));
	const memory = n8n.memory();
	memory.add(['m-1', 'm-2']);
	memory.remove(['m-1', 'm-2']);
	expect(memory.ids()).toEqual(['m-0']);
	expect(n8n.kept()).toEqual(delivered({ sessionId: 's-1', ids: ['m-0'] }));
});

it('holds 1,000 ids at most, and those that came last', () => {
	const n8n = n8nWith();
	const memory = n8n.memory();
	const ids = Array.from({ length: 1_700 }, (_, index) => `m-${index}`);
	for (let from = 0; from < ids.length; from += 170) memory.add(ids.slice(from, from + 170));
	expect(memory.ids()).toEqual(ids.slice(-1_000));
	expect(n8n.kept()).toEqual(delivered({ sessionId: 's-1', ids: ids.slice(-1_000) }));
	memory.add(Array.from({ length: 1_200 }, (_, index) => `n-${index}`));
	expect(memory.ids()).toHaveLength(1_000);
	expect(memory.ids().at(-1)).toBe('n-1199');
});

it('holds on to the older ones while newer ones are not taken', () => {
	const memory = n8nWith().memory();
	const ids = Array.from({ length: 1_000 }, (_, index) => `m-${index}`);
	memory.add(ids);
	memory.add(['n-1']);
	memory.remove(['n-1']);
	expect(memory.ids()).toEqual(ids);
});

it('keeps an id that the service hands out again with those that came last', () => {
	const memory = n8nWith().memory();
	memory.add(Array.from({ length: 1_000 }, (_, index) => `m-${index}`));
	memory.add(['m-0', 'm-1000']);
	expect(memory.ids()).toContain('m-0');
});

it('uses nothing of another session, which goes when this one has something', () => {
	const n8n = n8nWith(delivered({ sessionId: 's-0', ids: ['m-1'] }));
	const memory = n8n.memory('s-1');
	expect(memory.ids()).toEqual([]);
	expect(n8n.isChanged()).toBe(false);
	memory.add(['m-2']);
	expect(n8n.kept()).toEqual(delivered({ sessionId: 's-1', ids: ['m-2'] }));
});

it('has room for the static data of other nodes', () => {
	const others = { global: { a: 1 }, 'node:Other': { delivered: { sessionId: 's-1', ids: ['x'] } } };
	const n8n = n8nWith(others);
	n8n.memory().add(['m-1']);
	expect(n8n.kept()).toEqual({ ...others, ...delivered({ sessionId: 's-1', ids: ['m-1'] }) });
});

it.each<[string, unknown]>([
	['nothing', null],
	['text', 'm-1'],
	['a list', ['m-1']],
	['no ids', { sessionId: 's-1' }],
	['ids that are no list', { sessionId: 's-1', ids: 'm-1' }],
])('survives static data that somebody changed into %s', (_what, value) => {
	expect(n8nWith(delivered(value)).memory().ids()).toEqual([]);
});

it('takes of ids that somebody changed only those that can be some', () => {
	const stored = { sessionId: 's-1', ids: ['m-1', 7, null, { a: 1 }, 'm-2'] };
	expect(n8nWith(delivered(stored)).memory().ids()).toEqual(['m-1', 'm-2']);
});
