import { createBrotliCompress, createDeflate, createGzip, createZstdCompress, type Zlib } from 'node:zlib';
import type { Transform } from 'node:stream';

import { edition } from '../../client/edition';
import { unrestrictedEgress } from '../../client/transport/egress';
import { isTooDeep } from '../../client/validation/fields';
import { callOptions, cognigyAiSetup, resetInput, triggerInput, validateInput } from '../support/cognigyAi';
import { cognigyErrorOf, transportFailureOf } from '../support/errors';
import { FakeClock } from '../support/fakeClock';
import { allThatShows } from '../support/secrets';
import { afterRequest, httpServer, rawServer, type HttpTestServer } from '../support/servers';
import { until } from '../support/until';
import { callOptions as v1Options, startInput, v1Setup } from '../support/v1';
import { closeSetups } from '../support/setups';

const MEBIBYTE = 1024 * 1024;
const TOKEN = 'feed'.repeat(16);
const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
const options = { ...callOptions, retries: 0 };

afterEach(closeSetups);

const answering = async (body: string) => await httpServer((response) => response.end(body));
const endpointOn = ({ url }: { url: string }) => `${url}/${TOKEN}`;

/** A client whose management API is this server. */
async function clientOf({ url }: { url: string }) {
	return (await cognigyAiSetup({ fields: { apiBaseUrl: url, projectId: 'p'.repeat(24) } })).client;
}

describe('a redirect to another host', () => {
	const redirectTo = async (other: HttpTestServer, status: number) =>
		await httpServer((response) => response.writeHead(status, { Location: `${other.url}/new/v2.0/x` }).end());

	it.each([301, 302, 303, 307, 308])('(%i) is not followed: no API key, token or key gets there', async (status) => {
		const other = await answering('{}');
		const server = await redirectTo(other, status);
		const client = await clientOf(server);
		const endpoint = endpointOn(server);
		const calls = [
			() => client.triggerFlow(triggerInput({ endpoint }), options),
			() => client.triggerFlow(triggerInput({ endpoint, channel: 'webhook', webhookKey: 'webhook-key' }), options),
			() => client.validateVersion(validateInput({ endpoint: 'e'.repeat(24) }), options),
			() => client.resetSession(resetInput({ endpoint: 'e'.repeat(24) }), options),
		];
		for (const call of calls) {
			const error = await cognigyErrorOf(call());
			expect(error).toMatchObject({ category: 'protocol', message: expect.stringContaining('redirect') });
			expect(allThatShows(error)).not.toContain(TOKEN);
		}
		expect(server.requests).toHaveLength(calls.length);
		expect(other.accepted).toBe(0);
	});
});

describe('an answer that inflates to a hundred times its size', () => {
	const packers: Array<[string, () => Transform & Zlib]> = [
		['gzip', createGzip],
		['deflate', createDeflate],
		['br', createBrotliCompress],
		['zstd', createZstdCompress],
	];

	it.each(packers)('is given up (%s): the limit counts what comes out', async (encoding, packer) => {
		const server = await httpServer((response) => {
			response.setHeader('content-encoding', encoding);
			const packed = packer();
			packed.pipe(response);
			packed.end(Buffer.alloc(100 * MEBIBYTE));
		});
		const transport = edition.httpTransport(unrestrictedEgress);
		const { signal } = new AbortController();
		const exchange = transport.send({ method: 'GET', url: `${server.url}/`, headers: {}, signal });
		expect(await transportFailureOf(exchange)).toMatchObject({ kind: 'tooLarge' });
		transport.close();
		await until(() => server.open === 0);
	});

	it('is not unpacked twice', async () => {
		const inner = createGzip();
		const outer = createGzip();
		const server = await httpServer((response) => {
			response.setHeader('content-encoding', 'gzip, gzip');
			inner.pipe(outer).pipe(response);
			inner.end(Buffer.alloc(100 * MEBIBYTE));
		});
		const client = await clientOf(server);
		const error = await cognigyErrorOf(client.triggerFlow(triggerInput({ endpoint: endpointOn(server) }), options));
		expect(error.category).toBe('protocol');
	});
});

describe('an answer that never ends', () => {
	it.each([
		['its head, a byte at a time', 'HTTP/1.1 200 OK\r\nX-Slow: ', 'x'],
		['its body, a byte at a time', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\n \r\n'],
		['promises to begin soon', '', 'HTTP/1.1 102 Processing\r\n\r\n'],
	])('(%s) ends with the time limit, and its connection with it', async (_what, head, drip) => {
		let drops = 0;
		const server = await rawServer(
			afterRequest((socket) => {
				socket.write(head);
				const next = () => {
					drops++;
					if (!socket.destroyed) socket.write(drip, () => setImmediate(next));
				};
				next();
			}),
		);
		const clock = new FakeClock();
		const { client } = await cognigyAiSetup({ clock });
		const failing = cognigyErrorOf(client.triggerFlow(triggerInput({ endpoint: endpointOn(server) }), options));
		await until(() => drops > 20);
		await clock.advance(options.timeoutSeconds * 1000);

		expect(await failing).toMatchObject({ category: 'timeout', mayHaveRun: true });
		await until(() => server.open === 0);
	});
});

describe('JSON that is made to hurt', () => {
	it('data nested without end counts as none: what is said still counts', async () => {
		const server = await answering(`{"outputStack":[{"text":"Hello.","data":${deep}},{"text":"Bye."}]}`);
		const client = await clientOf(server);
		const { messages = [] } = await client.triggerFlow(triggerInput({ endpoint: endpointOn(server) }), options);
		expect(messages.map(({ text, data }) => ({ text, data }))).toEqual([
			{ text: 'Hello.', data: undefined },
			{ text: 'Bye.', data: undefined },
		]);
	});

	it.each([
		['an answer', deep],
		['a list', `{"outputStack":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
	])('%s nested without end is refused, or says nothing', async (_what, body) => {
		const server = await answering(body);
		const client = await clientOf(server);
		const call = client.triggerFlow(triggerInput({ endpoint: endpointOn(server) }), options);
		const outcome: unknown = await call.catch((error: unknown) => error);
		if (outcome instanceof Error) expect(outcome).toMatchObject({ name: 'CognigyError', category: 'protocol' });
		else expect(outcome).toMatchObject({ messages: [] });
	});

	it('settings of an endpoint nested without end are not sent back', async () => {
		const server = await answering(`{"_id":"e1","name":"E","channel":"webhook","settings":${deep}}`);
		const client = await clientOf(server);
		const change = { endpointId: 'e1', url: 'https://n8n.example.com/webhook/x' };
		const error = await cognigyErrorOf(client.setWebhookUrl(change, options));
		expect(error).toMatchObject({ category: 'protocol', message: expect.stringContaining('nested too deeply') });
		expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
	});

	it('an error nested without end is left out of the message', async () => {
		const server = await httpServer((response) => response.writeHead(500).end(`{"error":${deep}}`));
		const client = await clientOf(server);
		const error = await cognigyErrorOf(client.triggerFlow(triggerInput({ endpoint: endpointOn(server) }), options));
		expect(error.message.length).toBeLessThan(500);
	});

	it('names of prototypes are names like others, and change no prototype', async () => {
		const poison = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"prototype":{"polluted":1}';
		const data = `{${poison},"_cognigy":{${poison},"_default":{${poison},"_buttons":{${poison},"buttons":[{${poison}}]},"_adaptiveCard":{${poison},"body":[{${poison}}]}}}}`;
		const server = await answering(`{${poison},"outputStack":[{${poison},"text":"Hello.","data":${data}}]}`);
		const client = await clientOf(server);
		const { messages = [] } = await client.triggerFlow(triggerInput({ endpoint: endpointOn(server) }), options);

		expect(messages[0]?.text).toBe('Hello.');
		expect(JSON.stringify(messages[0]?.data)).toContain('"__proto__":{"polluted":1}');
		for (const value of [{}, [], () => {}]) expect(Reflect.get(value, 'polluted')).toBeUndefined();
		expect(Reflect.get(messages[0] ?? {}, 'polluted')).toBeUndefined();
	});
});

describe('more than anybody says', () => {
	/** Logs everybody in, and answers the first poll with this; then the session is over. */
	async function polled(body: string) {
		let polls = 0;
		const server = await httpServer((response, { path }) => {
			if (path.endsWith('/login')) return response.end('{"token":"bearer-token"}');
			return polls++ === 0 ? response.end(body) : response.writeHead(404).end();
		});
		const { client } = await v1Setup({ baseUrl: server.url });
		const { signal } = new AbortController();
		const received: string[] = [];
		const { botId, flowId } = startInput;
		for await (const batch of client.streamMessages({ botId, flowId, sessionId: 's-1' }, { signal })) {
			received.push(...batch.map(({ messageId }) => messageId));
		}
		return received;
	}
	const message = (messageId: string) => ({ messageId, text: 'x', type: 'bot', timestamp: '2026-01-31T12:00:00Z' });

	it('a hundred thousand messages in one poll come through, each once and in order', async () => {
		const ids = Array.from({ length: 100_000 }, (_, index) => `${index}`);
		const both = [...ids, ...ids.slice(0, 1_000)].map(message);
		// 8 MiB is the limit of an answer.
		expect(await polled(JSON.stringify(both))).toEqual(ids);
	});

	it('an id of a megabyte is remembered by its hash, and tells messages apart', async () => {
		const long = 'i'.repeat(MEBIBYTE);
		const ids = await polled(JSON.stringify([message(`${long}1`), message(`${long}2`), message(`${long}1`)]));
		expect(ids).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)]);
		expect(ids[0]).not.toBe(ids[1]);
	});

	it('pages of a list without end are read up to a hundred', async () => {
		const server = await httpServer((response, { path }) => {
			const item = { _id: 'a'.repeat(24), name: 'v1', channel: 'rest', active: true };
			const page = { items: [item], total: 1e9, nextCursor: String(Math.random()) };
			response.end(JSON.stringify(path.includes('/snapshots') ? page : item));
		});
		const client = await clientOf(server);
		const deployment = { kind: 'snapshot', name: 'missing' } as const;
		await client.validateVersion(validateInput({ endpoint: 'e'.repeat(24), deployment }), options);
		expect(server.requests.filter(({ path }) => path.includes('/snapshots'))).toHaveLength(100);
	});

	it.each(['99999999999999999999', '1e999', '-5', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
		'a wait of "%s" is not made: the call ends with its time limit',
		async (retryAfter) => {
			const server = await httpServer((response) => response.writeHead(429, { 'Retry-After': retryAfter }).end());
			const { client } = await v1Setup({ baseUrl: server.url });
			const error = await cognigyErrorOf(client.triggerFlow(startInput, { ...v1Options, retries: 1 }));
			expect(error.category).toBe('rateLimit');
		},
	);
});

it('the depth that is too much is far from what flows say', () => {
	const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
	expect(isTooDeep(nested(150))).toBe(false);
	expect(isTooDeep(nested(250))).toBe(true);
	expect(isTooDeep({ wide: Array.from({ length: 100_000 }, () => ({})) })).toBe(false);
	expect(isTooDeep({ bytes: Buffer.alloc(MEBIBYTE) })).toBe(false);
});
