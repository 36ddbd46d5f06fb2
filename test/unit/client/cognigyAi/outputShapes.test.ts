import { messagesOf, OutputHistory } from '../../../../client/cognigyAi/messages';
import { readOutput } from '../../../../client/cognigyAi/wire';
import { replyText } from '../../../../client/streams/collectReply';
import { shapes } from '../../../../sandbox/cognigyAi/flows';
import { callOptions, cognigyAiSetup, triggerInput, type CognigyAiSetup } from '../../../support/cognigyAi';
import { allReadings, expectReading, outputsOf } from '../../../support/outputReadings';
import { closeSetups } from '../../../support/setups';

it('knows how each shape of the sandbox is to be read, and where it comes from', () => {
	expect(allReadings.map(({ shape }) => shape)).toEqual(Object.keys(shapes));
	expect(allReadings.length).toBeGreaterThan(120);
	for (const { source } of allReadings) expect(source).toMatch(/\w/);
});

describe('reads as a person would', () => {
	it.each(allReadings)('$shape', (reading) => {
		const outputs = outputsOf(reading.shape).map((output) => readOutput({ source: 'bot', traceId: 't-1', ...output }));
		const messages = messagesOf(outputs, new OutputHistory('s-1'), 0);
		expectReading(reading, messages, replyText(messages));
	});
});

describe.each([
	['rest', 'Showcase REST'],
	['socketio', 'Showcase Socket'],
] as const)('over %s', (channel, name) => {
	let setup: CognigyAiSetup;
	beforeAll(async () => {
		setup = await cognigyAiSetup();
	});
	afterAll(closeSetups);

	it.each(allReadings)('$shape', async (reading) => {
		const { client, sandbox } = setup;
		const { url: endpoint } = sandbox.endpoint(name);
		const reply = { maxWaitSeconds: 10 };
		const input = triggerInput({
			channel,
			endpoint,
			text: reading.shape,
			sessionId: `${channel}-${reading.shape}`,
			reply,
		});
		const { messages = [], reply: said = '', status } = await client.triggerFlow(input, callOptions);
		expect(status).toBe('COMPLETED');
		expectReading(reading, messages, said);
	});
});
