import { CognigyError } from '../../../../client/errors';
import {
	callbackSecrets,
	withCallbackUrl,
	withoutCallbackUrl,
	withoutCallbackUrls,
} from '../../../../client/starts/callbackUrl';
import type { StartedFlow } from '../../../../client/starts/starts';

const KEY = 'a1'.repeat(32);
const callbackUrl = `https://n8n.example.com/webhook-waiting/7/outcome?run=0&key=${KEY}`;

it('is put beside what is there already', () => {
	const facts = { orderId: 'A-1', n8n: { more: true } };
	expect(withCallbackUrl(facts, callbackUrl, 'context')).toEqual({ orderId: 'A-1', n8n: { more: true, callbackUrl } });
	expect(withCallbackUrl(facts, undefined, 'context')).toBe(facts);
});

it.each(['text', 7, ['list'], null])('has no place beside an "n8n" that is no object: %j', (n8n) => {
	expect(() => withCallbackUrl({ n8n }, callbackUrl, 'data')).toThrow('data has a field "n8n" that is no object');
});

it('is a secret as a whole, and so are the signatures in it', () => {
	expect(callbackSecrets({ callbackUrl })).toEqual([callbackUrl, KEY]);
	expect(callbackSecrets({})).toEqual([]);
});

it('is masked in what comes of a start, and in the reply', async () => {
	const message = { messageId: 'm', text: `Go to ${callbackUrl}`, type: 'bot', timestamp: '', data: { [KEY]: [KEY] } };
	const session = { id: 's', createdAt: '', expiresAt: '', ttlSeconds: 1 };
	const result = { sessionId: 's', status: KEY, botId: 'b', flowId: 'f', userId: 'u', session };
	const start = async (): Promise<StartedFlow> => ({ result, collectReply: async () => ({ messages: [message] }) });
	const started = await withoutCallbackUrl({ callbackUrl }, start);
	const reply = await started.collectReply?.(new AbortController().signal);
	expect(JSON.stringify([started.result, reply])).not.toContain(KEY);
	expect(reply?.messages?.[0]).toMatchObject({ text: 'Go to ***', data: { '***': ['***'] } });
});

it('is masked in what goes wrong', async () => {
	const error = new CognigyError({ category: 'server', message: `No ${callbackUrl}`, advice: `Look at ${KEY}` });
	const failed = withoutCallbackUrl({ callbackUrl }, async () => {
		throw error;
	});
	await expect(failed).rejects.toMatchObject({ message: 'No ***', advice: 'Look at ***', category: 'server' });
});

it.each([
	callbackUrl,
	`http://localhost:5678/n8n/webhook-waiting/7/outcome?signature=${KEY}&run=0&key=${KEY}`,
	`https://n8n.example.com/parked/7/outcome?key=${KEY}&amp;run=12`,
])('is known by its form, at any depth and under any name: %s', (url) => {
	const kept = { vip: true, list: [{ where: url }], [url]: 1, note: `Post to ${url} then`, json: `{"a":"${url}"}` };
	const shown = { vip: true, list: [{ where: '***' }], '***': 1, note: 'Post to *** then', json: '{"a":"***"}' };
	expect(withoutCallbackUrls(kept)).toEqual(shown);
});

it.each([
	'https://example.com/outcome?id=7',
	'https://example.com/outcome?key=short',
	`https://example.com/orders?key=${KEY}`,
	KEY,
	'***',
])('other texts are left as they are: %s', (text) => {
	expect(withoutCallbackUrls({ text, more: [text, null, 7] })).toEqual({ text, more: [text, null, 7] });
});
