import { shapes, showcase } from '../../../../sandbox/cognigyAi/flows';
import { greeting } from '../../../../sandbox/cognigyAi/cli/greeting';
import { HELP_TEXT } from '../../../../sandbox/cognigyAi/cli/help';
import { closeAll, message, readySocket, sandboxFor } from './support';

afterEach(closeAll);

const said = (name: string) =>
	(shapes[name] ?? []).map(({ text = '', data = {}, source = 'bot' }) => ({ text, data, source }));

it('a REST endpoint says each shape in one stack', async () => {
	const sandbox = await sandboxFor();
	for (const name of Object.keys(shapes)) {
		const { status, json } = await message(sandbox, 'Showcase REST', { text: name, sessionId: name });
		expect([name, status]).toEqual([name, 200]);
		expect(json.outputStack).toMatchObject(said(name));
		expect(json.outputStack).toHaveLength(said(name).length);
		expect(json.text).not.toMatch(/null|undefined/);
	}
});

it('a socket pushes the outputs of a streamed answer one after the other, the last one with how it ended', async () => {
	const sandbox = await sandboxFor();
	const client = await readySocket(sandbox, 'Showcase Socket');
	client.say('stream-equal-chunks');
	await client.got('finalPing');

	const outputs = client.received.filter(({ event }) => event === 'output').map(({ payload }) => payload.data);
	expect(outputs).toMatchObject(said('stream-equal-chunks'));
	expect(new Set(outputs.map((output) => (output as { traceId: string }).traceId)).size).toBe(1);
	expect(outputs.at(-1)).toMatchObject({
		text: '',
		data: { _cognigy: { _messageId: 'm-2', _finishReason: 'stop' } },
	});
});

it('tells the names of all shapes', async () => {
	const sandbox = await sandboxFor();
	const { json } = await message(sandbox, 'Showcase REST', { text: 'shapes' });
	for (const name of Object.keys(shapes)) expect(json.text).toContain(name);
	expect(greeting(sandbox, undefined)).toMatch(/Showcase endpoints .* write shapes/);
	expect(HELP_TEXT).toContain(`shapes names ${Object.keys(shapes).length} further texts`);
});

it('knows no shape that nobody named', () => {
	const context = {};
	for (const text of ['constructor', '__proto__', '', 'nonsense']) {
		const { outputs } = showcase.respond({ text, data: {}, context, state: '', turn: 1, deployment: '', slowMs: 0 });
		expect(outputs).toEqual([{ text: expect.stringMatching(/^Say one of these: /) }]);
	}
});

it('nobody changes what a shape is', async () => {
	const before = JSON.stringify(shapes);
	const sandbox = await sandboxFor();
	await message(sandbox, 'Showcase REST', { text: 'default-gallery' });
	expect(JSON.stringify(shapes)).toBe(before);
});
