import { createBots } from '../../../sandbox/v1/bots';

const bots = new Map(createBots(2000).map((bot) => [bot.id, bot]));

function said(botId: string, context: Record<string, unknown>, input = ''): string[] {
	const messages = bots.get(botId)?.respond(context, input) ?? [];
	return messages.map(({ type, text }) => `${type}: ${text}`);
}

describe('the bot order-status', () => {
	it.each([
		['A-1001', 'bot: Order A-1001 has been shipped and arrives on Friday.'],
		[' A-1003 ', 'bot: Order A-1003 was delivered on Monday.'],
		['B-1', 'bot: I cannot find an order with the number B-1.'],
		[42, 'bot: I cannot find an order with the number 42.'],
	])('answers for the order %p', (orderId, answer) => {
		expect(said('order-status', { metadata: { orderId } })).toEqual([answer]);
	});

	it.each([{}, { metadata: null }, { metadata: 'A-1001' }, { metadata: {} }, { metadata: { orderId: ' ' } }])(
		'asks for the order number when the context is %p',
		(context) => {
			expect(said('order-status', context)).toEqual(['bot: Which order is it? Please tell me the order number.']);
		},
	);

	it('shows the work of its webhook node when the start asks for one', () => {
		expect(said('order-status', { metadata: { orderId: 'A-1002' }, webhookTrigger: true })).toEqual([
			'webhook: Order A-1002 looked up.',
			'bot: Order A-1002 is being packed and leaves the warehouse today.',
		]);
	});
});

it('the other bots answer to what was said', () => {
	expect(said('slow-support', {}, 'My phone is broken')).toEqual([
		'bot: Thank you for waiting.',
		'bot: A person will look at this: My phone is broken',
	]);
	expect(said('slow-support', {})).toContain('bot: How can I help you?');
	expect(said('returns-draft', {})).toEqual(['bot: What would you like to send back?']);
	expect(said('Größe/Test "1" ✓', {}, 'ß')).toEqual(['bot: Größe: ß']);
});
