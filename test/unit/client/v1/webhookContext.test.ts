import { CognigyError } from '../../../../client/errors';
import { buildWebhookContext, type WebhookEvent } from '../../../../client/v1/webhookContext';
import { callOptions, startInput, v1Setup } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

const event: WebhookEvent = {
	userId: 'user-1',
	orderId: 'A-1001',
	source: 'external_api',
	payload: { status: 'shipped', items: [1, { sku: 'x' }] },
};

afterEach(closeSetups);

it('the context of a webhook event has the customary shape', () => {
	expect(buildWebhookContext(event)).toEqual({
		userId: 'user-1',
		metadata: { orderId: 'A-1001', source: 'external_api', payload: event.payload },
		webhookTrigger: true,
	});
});

it('a flow finds what it needs in it', async () => {
	const { client, sandbox } = await v1Setup();
	await client.triggerFlow({ ...startInput, context: buildWebhookContext(event) }, callOptions);

	expect(sandbox.sessions[0]?.transcript.map(({ text }) => text)).toContain('Order A-1001 looked up.');
});

it('the payload passes unchanged', () => {
	const payload = JSON.parse('{"__proto__":{"a":1},"list":[[],null,{}]}') as Record<string, unknown>;
	const context = buildWebhookContext({ ...event, payload });

	expect(JSON.stringify(context)).toContain('"payload":{"__proto__":{"a":1},"list":[[],null,{}]}');
});

it('an empty payload will do', () => {
	expect(buildWebhookContext({ ...event, payload: {} })).toMatchObject({ metadata: { payload: {} } });
});

describe('an event that is not complete is refused, naming the parameter', () => {
	it.each<[string, unknown]>([
		['userId', ''],
		['userId', undefined],
		['orderId', ''],
		['orderId', '  '],
		['orderId', 1001],
		['source', ''],
		['source', ' '],
		['source', null],
		['payload', []],
		['payload', null],
		['payload', '{}'],
		['payload', undefined],
	])('%s: %j', (parameter, value) => {
		const build = () => buildWebhookContext({ ...event, [parameter]: value });
		expect(build).toThrow(CognigyError);
		expect(build).toThrow(expect.objectContaining({ category: 'invalidInput', parameter }));
	});
});
