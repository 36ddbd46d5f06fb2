import { constants, deflateRawSync } from 'node:zlib';

import type { CognigyError } from '../../client/errors';
import type { SessionLink } from '../../client/cognigyAi/socket/sessionLink';
import type { Message } from '../../client/types';
import { cognigyErrorOf } from '../support/errors';
import { restoreEnvironment, withoutProxies } from '../support/environment';
import { closeServers, httpServer } from '../support/servers';
import { until } from '../support/until';
import {
	bareConnection,
	hostileSocketServer,
	linkTo,
	TOKEN,
	type HostileSocketServer,
} from './support/hostileSocketServer';

const MEBIBYTE = 1024 * 1024;
const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
const said = (text: string) => `42["output",{"type":"output","data":{"text":"${text}"}}]`;

let server: HostileSocketServer;
let link: SessionLink;
let messages: Message[];
let errors: CognigyError[];
let drops: CognigyError[];

beforeEach(async () => {
	withoutProxies();
	server = await hostileSocketServer();
	messages = [];
	errors = [];
	drops = [];
	link = linkTo(server.url, {
		onMessage: (message) => messages.push(message),
		onError: (error) => errors.push(error),
		onDropped: (error) => drops.push(error),
	});
});
afterEach(async () => {
	link.close();
	await server.close();
	await closeServers();
	restoreEnvironment();
});

/** Connects, and gives the service's end of the connection. */
async function connected() {
	await link.ready();
	const connection = server.connections.at(-1);
	if (!connection) throw new Error('Nobody is connected');
	return connection;
}

// What is thrown in a listener of a socket would end the process of n8n.
describe('what a hostile service says over a socket harms nobody', () => {
	it.each([
		['data nested without end', `42["output",{"type":"output","data":{"text":"x","data":${deep}}}]`],
		['an output nested without end', `42["output",${deep}]`],
		['a status nested without end', `42["typingStatus",${deep}]`],
		['an error nested without end', `42["exception",{"data":${deep}}]`],
		['an output that is an error nested without end', `42["output",{"type":"error","data":${deep}}]`],
		[
			'prototypes',
			'42["output",{"type":"output","__proto__":{"polluted":1},"data":{"constructor":{"prototype":{"polluted":1}},"__proto__":{"polluted":1}}}]',
		],
		['nothing in an event', '42["output"]'],
		['null in an event', '42["error",null]'],
		['an event without a name', '42[5]'],
		['an event that nobody knows', '42["__proto__",{"a":1}]'],
	])('%s', async (_what, packet) => {
		const connection = await connected();
		connection.send(packet);
		connection.send(said('still here'));

		await until(() => messages.some(({ text }) => text === 'still here'));
		expect(drops).toEqual([]);
		expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
		for (const message of messages) expect(() => JSON.stringify(message)).not.toThrow();
	});

	it('data nested without end counts as none: what is said still counts', async () => {
		(await connected()).send(`42["output",{"type":"output","data":{"text":"Hello.","data":${deep}}}]`);
		await until(() => messages.length === 1);
		expect(messages[0]).toMatchObject({ text: 'Hello.', type: 'bot' });
		expect(messages[0]).not.toHaveProperty('data');
	});

	it.each([
		['an event that the library keeps for itself', '42["connect_error",null]'],
		['the end, as an event', '42["disconnect"]'],
		['a new beginning, as an event', '42["connect"]'],
		['what is no packet', '4?'],
		['more attachments than anybody has', '451000000-["output",{"_placeholder":true,"num":0}]'],
		['an attachment that was not announced', Buffer.alloc(10)],
		['JSON that ends too early', '42["output",{'],
	])('%s ends the connection, which can be dialled anew', async (_what, packet) => {
		(await connected()).send(packet);
		await until(() => drops.length === 1);
		expect(drops[0]).toMatchObject({ category: 'network', isTransient: true });

		(await connected()).send(said('again'));
		await until(() => messages.length === 1);
		expect(server.connections).toHaveLength(2);
	});
});

describe('what is sent to fill the memory ends the connection', () => {
	it('a frame of more than 2 MiB', async () => {
		const connection = await connected();
		connection.send(said('x'.repeat(3 * MEBIBYTE)));
		await until(() => drops.length === 1);
		expect(messages).toEqual([]);
	});

	it('a frame that says it is large, before anything of it came', async () => {
		const header = Buffer.alloc(10);
		header.writeUInt16BE(0x817f);
		header.writeBigUInt64BE(BigInt(100 * MEBIBYTE), 2);
		bareConnection(await connected()).write(header);
		await until(() => drops.length === 1);
	});

	it('a message in fragments without end', async () => {
		const connection = await connected();
		const part = Buffer.alloc(64 * 1024, 'x');
		let written = 0;
		const write = () => {
			if (connection.readyState !== connection.OPEN || written > 64 * MEBIBYTE) return;
			written += part.length;
			connection.send(part, { fin: false }, write);
		};
		write();
		await until(() => drops.length === 1);
		expect(written).toBeLessThan(64 * MEBIBYTE);
	});

	it('a compressed frame: nobody agreed on compression', async () => {
		const connection = await connected();
		const packed = deflateRawSync(said('packed'), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
		expect(connection.extensions).toBe('');
		// Final, compressed, text.
		bareConnection(connection).write(Buffer.concat([Buffer.of(0xc1, packed.length), packed]));
		await until(() => drops.length === 1);
		expect(messages).toEqual([]);
	});
});

describe('a flood', () => {
	it('of questions is answered one by one, with ids and the token only to who asks for a handshake', async () => {
		const connection = await connected();
		for (let id = 0; id < 1_000; id++) connection.send(`42${id}["output",{"type":"output","data":{"text":"${id}"}}]`);
		await until(() => server.heard.length === 1_000);
		expect(messages).toHaveLength(1_000);
		expect(server.heard.join()).not.toContain(TOKEN);
	});

	it('of messages is handed on whole and in order', async () => {
		const connection = await connected();
		for (let id = 0; id < 5_000; id++) connection.send(said(String(id)));
		await until(() => messages.length === 5_000);
		expect(messages.map(({ text }) => Number(text))).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
	});

	it('of long ids is remembered by their hashes', async () => {
		const long = 'i'.repeat(MEBIBYTE);
		(await connected()).send(`42["output",{"type":"output","data":{"text":"x","data":{"_messageId":"${long}"}}}]`);
		await until(() => messages.length === 1);
		expect(messages[0]?.messageId).toMatch(/^[0-9a-f]{64}$/);
	});
});

it.each([301, 302, 303, 307, 308])('a redirect of the upgrade (%i) is not followed', async (status) => {
	const redirecting = await httpServer((response) => {
		response.writeHead(status, { Location: server.url }).end();
	});
	const redirected = linkTo(redirecting.url, {});
	const error = await cognigyErrorOf(redirected.ready());
	expect(error).toMatchObject({ category: 'protocol', message: expect.stringContaining('redirect') });
	expect(redirecting.accepted).toBe(1);
	expect(server.connections).toEqual([]);
	redirected.close();
});
