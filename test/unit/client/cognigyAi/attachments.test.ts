import { messagesOf, OutputHistory } from '../../../../client/cognigyAi/messages';
import { attachmentsOf } from '../../../../client/cognigyAi/outputs/attachments';
import { readOutput } from '../../../../client/cognigyAi/wire';
import { outcomeFromText, outcomeToText } from '../../../../client/starts/startOutcome';
import { outputsOf } from '../../../support/outputReadings';

/** Of the first output of a shape that the sandbox can say. */
const filesOf = (shape: string) => attachmentsOf(outputsOf(shape)[0]?.data ?? {});

const messagesFrom = (outputs: readonly object[], token = '') =>
	messagesOf(
		outputs.map((output) => readOutput({ source: 'bot', traceId: 't-1', ...output })),
		new OutputHistory('s-1', undefined, undefined, token),
		0,
	);

it.each([
	[
		'agent-files',
		[
			{
				type: 'file',
				name: 'contract.pdf',
				url: 'https://example.org/files/3',
				mimeType: 'application/pdf',
				size: 4711,
			},
			{ type: 'image', name: 'signed.png', url: 'https://example.org/files/4', mimeType: 'image/png' },
		],
	],
	['attachment', [{ type: 'file', name: 'offer.pdf', url: 'https://example.org/offer.pdf' }]],
	['notify-attachment', [{ type: 'image', name: 'plan', url: 'https://example.org/plan.png' }]],
	['facebook-file', [{ type: 'file', url: 'https://example.org/terms.pdf' }]],
	['webchat-audio', [{ type: 'audio', url: 'https://example.org/w.mp3' }]],
	['media-template', [{ type: 'video', url: 'https://example.org/how.mp4' }]],
	['default-video', [{ type: 'video', url: 'https://example.org/tour.mp4' }]],
	['root-media', [{ type: 'image', url: 'https://example.org/r.png' }]],
	// The same picture stands in two places.
	['fallback-beside-image', [{ type: 'image', url: 'https://example.org/cat.jpg' }]],
])('lists the files of the shape %s', (shape, files) => {
	expect(filesOf(shape)).toEqual(files);
});

it.each(['embedded-image', 'empty-media', 'webchat-generic-template', 'root-quick-replies', 'plugin-file-upload'])(
	'lists none where nobody can get any: %s',
	(shape) => {
		expect(filesOf(shape)).toBeUndefined();
	},
);

it('takes odd fields for missing ones', () => {
	const attachments = [null, 'x', { url: 7 }, { name: { a: 1 }, size: 'big', url: 'https://example.org/a' }];
	expect(attachmentsOf({ attachments })).toEqual([{ type: 'file', url: 'https://example.org/a' }]);
	expect(attachmentsOf({ attachments: { url: 'https://example.org/a' } })).toBeUndefined();
	expect(attachmentsOf({ attachments: [{ url: 'https://example.org/a', size: '12' }] })).toMatchObject([{ size: 12 }]);
});

it('a message has them, beside what it had before', () => {
	const [message] = messagesFrom(outputsOf('agent-files'));
	expect(message).toMatchObject({
		type: 'agent',
		text: expect.stringContaining('Here are both contracts.'),
		data: { attachments: [{ runtimeFileId: '3' }, { runtimeFileId: '4' }] },
		attachments: [{ name: 'contract.pdf' }, { name: 'signed.png' }],
	});
	expect(messagesFrom([{ text: 'Hello' }])[0]).not.toHaveProperty('attachments');
});

it('a streamed answer has those of all its chunks', () => {
	const chunk = (url: string) => ({
		text: url,
		data: { _cognigy: { _messageId: 'm-1' }, attachments: [{ url: `https://example.org/${url}` }] },
	});
	const [message] = messagesFrom([chunk('a'), chunk('b'), chunk('a')]);
	expect(message?.attachments?.map(({ url }) => url)).toEqual(['https://example.org/a', 'https://example.org/b']);
});

it('a start that was made before still has them', () => {
	const messages = messagesFrom([...outputsOf('agent-files'), ...outputsOf('queue-position')]);
	const session = { id: 's-1', createdAt: '', expiresAt: '', ttlSeconds: 1 };
	const place = { sessionId: 's-1', status: 'COMPLETED', botId: 'p', flowId: 'e', userId: 'u' };
	const outcome = { result: { ...place, session, messages }, isWhole: true };
	expect(outcomeFromText(outcomeToText(outcome))).toEqual(outcome);
});

describe('the token of the endpoint (guarantee 6)', () => {
	const token = '0123456789abcdef'.repeat(4);
	const file = { text: `See ${token}`, data: { attachments: [{ name: 'a', url: `https://example.org/${token}/a` }] } };

	it('does not show in a message, wherever the service puts it', () => {
		const [message] = messagesFrom([file], token);
		expect(JSON.stringify(message)).not.toContain(token);
		expect(message?.attachments).toEqual([{ type: 'file', name: 'a', url: 'https://example.org/***/a' }]);
		expect(message?.text).toMatch(/^See \*\*\*/);
	});

	it('leaves a word alone that somebody has made a token', () => {
		expect(messagesFrom([{ text: 'Our support is here.' }], 'support')[0]?.text).toBe('Our support is here.');
	});
});
