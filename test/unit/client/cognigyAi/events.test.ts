import { messagesOf, OutputHistory } from '../../../../client/cognigyAi/messages';
import { eventOf } from '../../../../client/cognigyAi/outputs/events';
import { eventsApart } from '../../../../client/cognigyAi/plainFields';
import { readOutput } from '../../../../client/cognigyAi/wire';
import { outputsOf } from '../../../support/outputReadings';

const messageFrom = (output: object) => {
	const [message] = messagesOf([readOutput({ source: 'bot', traceId: 't-1', ...output })], new OutputHistory('s-1'), 0);
	if (!message) throw new Error('It says nothing');
	return message;
};
const messageOfShape = (shape: string) => messageFrom(outputsOf(shape)[0] ?? {});

it.each([
	['queue-position', { name: 'queueUpdate', position: 3, estimatedWaitMs: 120_000 }],
	['queue-update', { name: 'queueUpdate', alternativeText: 'Soon your turn' }],
	['live-agent-event', { name: 'liveAgentEvent', text: 'Kim joined' }],
	['rating-with-text', { name: 'request-rating', ratingTitleText: 'How was it?' }],
	[
		'plugin-request-rating',
		{
			name: 'request-rating',
			ratingTitleText: 'Rate this chat',
			ratingCommentText: 'Anything to add?',
			ratingSubmitButtonText: 'Send it',
			ratingChatStatusMessage: 'Thanks',
		},
	],
])('tells the event of the shape %s in plain fields', (shape, event) => {
	expect(messageOfShape(shape)).toMatchObject({ type: 'bot', event, data: outputsOf(shape)[0]?.data ?? {} });
});

it.each(['plugin-rating', 'plugin-date-picker', 'webchat-quick-replies', 'agent-files'])('%s tells none', (shape) => {
	expect(messageOfShape(shape)).not.toHaveProperty('event');
	expect(eventsApart(messageOfShape(shape))).toEqual([messageOfShape(shape)]);
});

it.each([
	['no payload', undefined, { name: 'queueUpdate' }],
	[
		'numbers as text',
		{ position: '2', estimatedWaitTime: '0' },
		{ name: 'queueUpdate', position: 2, estimatedWaitMs: 0 },
	],
	['nonsense', { position: {}, estimatedWaitTime: 'soon', alternativeText: [] }, { name: 'queueUpdate' }],
])('takes what it gets: %s', (_what, payload, event) => {
	expect(eventOf({ _cognigy: { _webchat3: { type: 'queueUpdate', payload } } })).toEqual(event);
	expect(eventOf({ _data: { _cognigy: { _webchat3: { type: 'queueUpdate', payload } } } })).toEqual(event);
});

it('tells who of the human agents it is about', () => {
	const payload = { text: '', action: 'joined', agentName: 'Kim' };
	const event = eventOf({ _cognigy: { _webchat3: { type: 'liveAgentEvent', payload } } });
	expect(event).toEqual({ name: 'liveAgentEvent', action: 'joined', agentName: 'Kim' });
});

describe('for who wants events', () => {
	it.each(['queue-position', 'queue-update', 'live-agent-event', 'plugin-request-rating'])(
		'%s is one and nothing else, with all that it says and holds',
		(shape) => {
			const message = messageOfShape(shape);
			expect(eventsApart(message)).toEqual([{ ...message, type: 'event' }]);
		},
	);

	it.each([
		['text', { text: 'Thank you.' }, 'Thank you.\nHow was it?'],
		['HTML', { text: '<b>Thank you.</b>' }, 'Thank you.\nHow was it?'],
		['content of its own', { data: { _cognigy: { _default: { _text: { text: 'Thank you.' } } } } }, 'Thank you.'],
	])('%s beside one stays a message of the bot', (_what, fields: { text?: string; data?: object }, text) => {
		const _plugin = { type: 'request-rating', data: { ratingTitleText: 'How was it?' } };
		const message = messageFrom({ text: '', ...fields, data: { ...fields.data, _plugin } });
		expect(message.text).toBe(text);
		const { messageId, timestamp, data, event } = message;
		expect(eventsApart(message)).toEqual([
			message,
			{ messageId: `${messageId}-event`, text: 'How was it?', type: 'event', timestamp, data, event },
		]);
	});

	it('a file beside one is no part of it', () => {
		const _webchat3 = { type: 'queueUpdate', payload: { position: 1 } };
		const attachments = [{ url: 'https://example.org/a' }];
		const [message, event] = eventsApart(messageFrom({ data: { _cognigy: { _webchat3 }, attachments } }));
		expect(message).toMatchObject({ type: 'bot', attachments: [{ url: 'https://example.org/a' }] });
		expect(event).toMatchObject({ type: 'event', event: { position: 1 } });
		expect(event).not.toHaveProperty('attachments');
	});
});
