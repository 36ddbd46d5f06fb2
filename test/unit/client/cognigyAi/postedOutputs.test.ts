import { OutputHistory, OutputMessages } from '../../../../client/cognigyAi/messages';
import { PostedOutputs } from '../../../../client/cognigyAi/postedOutputs';
import type { FlowOutput } from '../../../../client/types';
import { quickReplies } from '../../../../sandbox/cognigyAi/flows/richOutputs';

const NOW = Date.parse('2026-01-31T12:00:00Z');

const output = (fields: Partial<FlowOutput> = {}): FlowOutput => ({
	text: 'Hello',
	data: {},
	traceId: 't-1',
	source: 'bot',
	...fields,
});
const own = { _cognigy: { _messageId: 'm-1' } };

const idsOf = (posts: PostedOutputs, outputs: FlowOutput[], sessionId = 's-1') =>
	posts.messages(sessionId, outputs, NOW).map(({ messageId }) => messageId);

it.each([
	['text', output()],
	['quick replies', output({ text: '', data: quickReplies.data ?? {} })],
	['another source', output({ source: 'agent', data: { k: 1 } })],
	['an id of its own', output({ data: { _messageId: 'm-1' } })],
])('makes the same message of %s as a socket does', (_what, one) => {
	const overSocket = new OutputMessages(new OutputHistory('s-1')).message(one, NOW);
	expect(new PostedOutputs().messages('s-1', [one], NOW)).toEqual([overSocket]);
	expect(overSocket.text).not.toBe('');
});

it('leaves out what says nothing', () => {
	const nothing = { _cognigy: { _finishReason: 'stop' }, _messageId: 'm-2' };
	const messages = new PostedOutputs().messages('s-1', [output({ text: ' ', data: nothing }), output()], NOW);
	expect(messages.map(({ text }) => text)).toEqual(['Hello']);
});

it('gives a post that comes again the same ids, and two equal outputs of one post different ones', () => {
	const posts = new PostedOutputs();
	const twice = [output(), output()];
	const ids = idsOf(posts, twice);
	expect(new Set(ids).size).toBe(2);
	expect(idsOf(posts, twice)).toEqual(ids);
	expect(idsOf(new PostedOutputs(), twice)).toEqual(ids);
});

it('remembers from post to post what was said under an id, in each session by itself', () => {
	const posts = new PostedOutputs();
	expect(idsOf(posts, [output({ data: own })])).toEqual(['m-1']);
	expect(idsOf(posts, [output({ data: own, text: 'More' })])).toEqual([expect.stringMatching(/^m-1-[0-9a-f]{8}$/)]);
	expect(idsOf(posts, [output({ data: own })])).toEqual(['m-1']);
	expect(idsOf(posts, [output({ data: own, text: 'More' })], 's-2')).toEqual(['m-1']);
});

it('never takes outputs that do not tell their turn for the same', () => {
	const posts = new PostedOutputs();
	const [first, second] = [1, 2].flatMap(() => idsOf(posts, [output({ traceId: '' })]));
	expect(first).not.toBe(second);
});
