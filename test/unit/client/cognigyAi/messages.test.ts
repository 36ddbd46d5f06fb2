import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { isWorthTelling, OutputHistory, OutputMessages } from '../../../../client/cognigyAi/messages';
import { outputSchema } from '../../../../client/cognigyAi/wire';

const NOW = Date.parse('2026-01-31T12:00:00Z');

const output = (fields: object) =>
	outputSchema.parse({ text: 'Hello', data: {}, traceId: 't-1', source: 'bot', ...fields });

/** A connection of a session: as many as share a history are of one process. */
function connection(history = new OutputHistory('s-1', () => 'conversation-1')) {
	const messages = new OutputMessages(history);
	return (fields: object) => messages.message(output(fields), NOW);
}

it('makes a message of an output', () => {
	const { messageId, ...message } = connection()({ data: { k: 1 } });
	expect(messageId).toMatch(/^[0-9a-f]{32}$/);
	expect(message).toEqual({ text: 'Hello', type: 'bot', timestamp: '2026-01-31T12:00:00.000Z', data: { k: 1 } });
	expect(connection()({ data: null, source: 'agent' })).not.toHaveProperty('data');
	expect(connection()({ source: 'agent' }).type).toBe('agent');
	expect(connection()({ source: undefined }).type).toBe('bot');
});

describe('a derived id', () => {
	it('is the same for a redelivery on another connection, also in another process', () => {
		const history = new OutputHistory('s-1', () => 'a');
		const { messageId } = connection(history)({});
		expect(connection(history)({}).messageId).toBe(messageId);
		expect(connection(new OutputHistory('s-1', () => 'b'))({}).messageId).toBe(messageId);
	});

	it('tells equal outputs of one turn apart, in the same way on every connection', () => {
		const said = (say = connection()) => [say({}).messageId, say({}).messageId];
		const [first, second] = said();
		expect(first).not.toBe(second);
		expect(said()).toEqual([first, second]);
	});

	it.each([{ text: 'Hello!' }, { data: { k: 1 } }, { traceId: 't-2' }, { source: 'agent' }])(
		'differs for %j',
		(fields) => {
			expect(connection()(fields).messageId).not.toBe(connection()({}).messageId);
		},
	);

	it('differs between sessions', () => {
		expect(connection(new OutputHistory('s-2'))({}).messageId).not.toBe(connection()({}).messageId);
	});

	it('does not take what is said again later for a redelivery when outputs do not tell their turn', () => {
		let turn = 1;
		const history = new OutputHistory('s-1', () => `turn ${turn}`);
		const before = connection(history)({ traceId: '' }).messageId;
		expect(connection(history)({ traceId: '' }).messageId).toBe(before);
		turn = 2;
		expect(connection(history)({ traceId: '' }).messageId).not.toBe(before);
	});
});

it('does not remember of a long connection what was said on it', () => {
	setFlagsFromString('--expose-gc');
	const collectGarbage = runInNewContext('gc') as () => void;
	const say = connection();
	const heldBytes = (outputs: number) => {
		collectGarbage();
		const before = process.memoryUsage().heapUsed;
		for (let index = 0; index < outputs; index++) say({ text: `${index} ${'x'.repeat(50_000)}` });
		collectGarbage();
		return process.memoryUsage().heapUsed - before;
	};
	heldBytes(10);
	expect(heldBytes(1_000)).toBeLessThan(10_000_000);
});

it('counts equal outputs of a connection only as long as they are among its last ones', () => {
	const say = connection();
	const { messageId } = say({});
	for (let index = 0; index < 1_999; index++) say({ text: `${index}` });
	expect(say({}).messageId).not.toBe(messageId);
	for (let index = 0; index < 2_000; index++) say({ text: `${index}` });
	expect(say({}).messageId).toBe(messageId);
});

describe("an output's own id", () => {
	const own = { _messageId: 'm-1' };

	it('is taken', () => {
		const history = new OutputHistory('s-1');
		expect(connection(history)({ data: own }).messageId).toBe('m-1');
		expect(connection(history)({ data: own }).messageId).toBe('m-1');
	});

	it('does not make one message of two that say different things', () => {
		const history = new OutputHistory('s-1');
		const say = connection(history);
		const ids = [say({ data: own }), say({ data: own, text: 'More' })].map(({ messageId }) => messageId);
		expect(new Set(ids).size).toBe(2);
		expect(connection(history)({ data: own, text: 'More' }).messageId).toBe(ids[1]);
	});
});

describe('a chunk of a streamed answer', () => {
	const data = { _cognigy: { _messageId: 'm-1' } };

	it('is known by what it says and how often it came, the same on every connection, also in another process', () => {
		const said = (say = connection()) => ['| ', '| ', 'x'].map((text) => say({ text, data }).messageId);
		const ids = said();
		expect(new Set(ids).size).toBe(3);
		expect(said()).toEqual(ids);
	});

	it('needs no trace, as the id of its answer tells the turn', () => {
		const said = (turn: string) => connection(new OutputHistory('s-1', () => turn))({ data, traceId: '' }).messageId;
		expect(said('2')).toBe(said('1'));
	});

	it('has its text as it came', () => {
		expect(connection()({ text: ' and\n', data }).text).toBe(' and\n');
	});
});

it('leaves out what says nothing', () => {
	const worth = (fields: object) => isWorthTelling(connection()({ text: '', ...fields }));
	expect(worth({})).toBe(false);
	expect(worth({ data: { _cognigy: { _finishReason: 'stop', _messageId: 'm' } } })).toBe(false);
	expect(worth({ data: { _messageId: 'm' } })).toBe(false);
	expect(worth({ text: '  ' })).toBe(false);
	expect(worth({ text: 'Hi' })).toBe(true);
	expect(worth({ data: { orderId: 'A-1' } })).toBe(true);
	expect(worth({ data: { _cognigy: { _default: { _datePicker: {} } } } })).toBe(true);
});
