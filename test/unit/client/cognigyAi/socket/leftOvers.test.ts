import type { Client } from '../../../../../client/client';
import type { CognigyAiInputs } from '../../../../../client/cognigyAi/inputs';
import { parseCognigyAiConfig } from '../../../../../client/cognigyAi/config';
import type { SocketListener, SocketTransport } from '../../../../../client/cognigyAi/socket/transport';
import { NodeTransport } from '../../../../../client/transport/node/nodeTransport';
import { unrestrictedEgress } from '../../../../../client/transport/egress';
import { callOptions, cognigyAiClient, triggerInput } from '../../../../support/cognigyAi';
import { FakeClock, settle } from '../../../../support/fakeClock';

/** A service that is as quick to be ready as it is slow to send what it has kept. */
class HandMadeService implements SocketTransport {
	readonly sent: object[] = [];
	listener: SocketListener | undefined;

	async dial(_request: unknown, listener: SocketListener) {
		this.listener = listener;
		const send = (_event: string, payload: object) => this.sent.push(payload) > 0;
		return { send, close: () => {} };
	}

	say(text: string, traceId: string): void {
		this.listener?.onEvent('output', { type: 'output', data: { text, traceId } });
	}
}

const endpoint = `https://endpoint-trial.cognigy.ai/${'c0de'.repeat(16)}`;
const reply = { maxWaitSeconds: 20 };

let clock: FakeClock;
let service: HandMadeService;
let client: Client<CognigyAiInputs>;

beforeEach(() => {
	clock = new FakeClock();
	service = new HandMadeService();
	client = cognigyAiClient(
		parseCognigyAiConfig({ apiBaseUrl: 'https://api-trial.cognigy.ai', apiKey: 'key-0123456789' }),
		{ transport: new NodeTransport(unrestrictedEgress), sockets: service, clock, random: () => 0 },
	);
});
afterEach(() => client.close());

it('of earlier turns are waited for: neither they nor their end pass for the reply', async () => {
	const turn = client.triggerFlow(triggerInput({ endpoint, channel: 'socketio', reply }), callOptions);
	await clock.advance(100);
	service.say('Of an earlier turn.', 't-1');
	service.listener?.onEvent('finalPing', { type: 'regular' });
	await clock.advance(199);
	service.say('One more.', 't-1');
	await clock.advance(200);
	expect(service.sent).toHaveLength(0);
	await clock.advance(200);
	expect(service.sent).toHaveLength(1);

	service.say('Of this turn.', 't-2');
	service.listener?.onEvent('finalPing', { type: 'regular' });
	expect(await turn).toMatchObject({ status: 'COMPLETED', reply: 'Of this turn.' });
});

it('hold up a message no longer than for some seconds, whatever comes', async () => {
	const turn = client.triggerFlow(triggerInput({ endpoint, channel: 'socketio', reply }), callOptions);
	for (let count = 0; service.sent.length === 0; count++) {
		expect(count).toBeLessThan(30);
		await clock.advance(200);
		service.say(`Of an earlier turn, ${count}`, 't-1');
	}
	service.say('Of this turn.', 't-2');
	service.listener?.onEvent('finalPing', { type: 'regular' });
	expect((await turn).reply).toContain('Of this turn.');
});

it('do not exist in a session that is new', async () => {
	const turn = client.triggerFlow(triggerInput({ endpoint, channel: 'socketio', reply, sessionId: '' }), callOptions);
	await settle();
	await settle();
	expect(service.sent).toHaveLength(1);
	service.listener?.onEvent('finalPing', { type: 'regular' });
	expect((await turn).status).toBe('COMPLETED');
});
