import { constants, deflateRawSync } from 'node:zlib';

import type { CognigyError } from '../../client/errors';
import { SocketIoTransport } from '../../client/cognigyAi/socket/socketIoTransport';
import type { SessionLink } from '../../client/cognigyAi/socket/sessionLink';
import type { SocketTransport } from '../../client/cognigyAi/socket/transport';
import { WebSocketIoTransport } from '../../client/cognigyAi/socket/web/webSocketIoTransport';
import { systemClock } from '../../client/time/systemClock';
import { unrestrictedEgress } from '../../client/transport/egress';
import type { Message } from '../../client/types';
import { bareConnection, engineServer, type EngineServer } from '../support/engineServer';
import { cognigyErrorOf } from '../support/errors';
import { restoreEnvironment, withoutProxies } from '../support/environment';
import { closeServers, httpServer } from '../support/servers';
import { socketIoDifferences, type SocketIoDifference } from '../editions/socketDifferences';
import { until } from '../support/until';
import { linkTo, TOKEN } from './support/hostileSession';

const MEBIBYTE = 1024 * 1024;
const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
const said = (text: string) => `42["output",{"type":"output","data":{"text":"${text}"}}]`;

/** As a WebSocket carries it where compression is agreed on. */
const packed = (text: string) => deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

const transports: Array<[name: string, sockets: SocketTransport, differences: SocketIoDifference[]]> = [
	['SocketIoTransport', new SocketIoTransport(unrestrictedEgress), []],
	[
		'WebSocketIoTransport',
		new WebSocketIoTransport(unrestrictedEgress, systemClock),
		Object.keys(socketIoDifferences) as SocketIoDifference[],
	],
];

describe.each(transports)('%s', (_name, sockets, differences) => {
	const differs = (difference: SocketIoDifference) => differences.includes(difference);

	let server: EngineServer;
	let link: SessionLink;
	let messages: Message[];
	let errors: CognigyError[];
	let drops: CognigyError[];

	beforeEach(async () => {
		withoutProxies();
		server = await engineServer();
		messages = [];
		errors = [];
		drops = [];
		link = linkTo(server.url, sockets, {
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

	/** Writes parts of a message until the connection ends, or so many bytes are written. @returns how many were */
	async function writeWithoutEnd(connection: Awaited<ReturnType<typeof connected>>, most: number): Promise<number> {
		const part = Buffer.alloc(64 * 1024, 'x');
		let written = 0;
		const write = () => {
			if (connection.readyState !== connection.OPEN || written > most) return;
			written += part.length;
			connection.send(part, { fin: false }, write);
		};
		write();
		await until(() => drops.length === 1);
		return written;
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

		if (differs('large-frames-fill-memory')) {
			it('a frame that says it has more than 128 MiB, before anything of it came', async () => {
				const header = Buffer.alloc(10);
				header.writeUInt16BE(0x817f);
				header.writeBigUInt64BE(BigInt(128 * MEBIBYTE + 1), 2);
				bareConnection(await connected()).write(header);
				await until(() => drops.length === 1);
			});

			it('a message in fragments without end, after 128 MiB', async () => {
				expect(await writeWithoutEnd(await connected(), 1024 * MEBIBYTE)).toBeLessThan(1024 * MEBIBYTE);
			});
		} else {
			it('a frame that says it is large, before anything of it came', async () => {
				const header = Buffer.alloc(10);
				header.writeUInt16BE(0x817f);
				header.writeBigUInt64BE(BigInt(100 * MEBIBYTE), 2);
				bareConnection(await connected()).write(header);
				await until(() => drops.length === 1);
			});

			it('a message in fragments without end', async () => {
				expect(await writeWithoutEnd(await connected(), 64 * MEBIBYTE)).toBeLessThan(64 * MEBIBYTE);
			});
		}

		if (differs('offers-compression')) {
			it('a compressed frame that grows beyond 2 MiB', async () => {
				const connection = await connected();
				expect(connection.extensions).toMatch(/^permessage-deflate/);
				const small = packed(said('packed'));
				bareConnection(connection).write(Buffer.concat([Buffer.of(0xc1, small.length), small]));
				await until(() => messages.length === 1);
				connection.send(said('x'.repeat(3 * MEBIBYTE)), { compress: true });
				await until(() => drops.length === 1);
				expect(messages).toHaveLength(1);
			});
		} else {
			it('a compressed frame: nobody agreed on compression', async () => {
				const connection = await connected();
				const small = packed(said('packed'));
				expect(connection.extensions).toBe('');
				// Final, compressed, text.
				bareConnection(connection).write(Buffer.concat([Buffer.of(0xc1, small.length), small]));
				await until(() => drops.length === 1);
				expect(messages).toEqual([]);
			});
		}
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
		const redirected = linkTo(redirecting.url, sockets, {});
		const error = await cognigyErrorOf(redirected.ready());
		if (differs('unseen-refusals')) {
			expect(error).toMatchObject({ category: 'rejected', message: expect.stringContaining('refused') });
			expect(redirecting.requests.map(({ method }) => method)).toEqual(['GET', 'HEAD']);
		} else {
			expect(error).toMatchObject({ category: 'protocol', message: expect.stringContaining('redirect') });
			expect(redirecting.accepted).toBe(1);
		}
		expect(server.connections).toEqual([]);
		redirected.close();
	});
});
