import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

import { freePort } from '../../n8n-host/freePort';

/** What goes wrong between a client and its Redis. */
export type RedisFault =
	/** Nobody listens. */
	| { kind: 'down' }
	/**
	 * Something happens to the command in this place, counted from 1 for the one that comes next; with `until`, to those
	 * from there up to that place as well. Logins of new connections have the place 0.
	 */
	| ({ at: number; until?: number } & (
			| {
					/** The connection is reset before the command reaches Redis, or after it ran. */ kind:
						'cutBefore' | 'cutAfter';
			  }
			| { /** Redis never sees the command; what comes instead is no answer. */ kind: 'hang'; says?: string }
			| { /** Its answer waits for `release`. */ kind: 'late' }
			| { /** Answered so, in the place of Redis or after it ran. */ kind: 'reply' | 'replyAfter'; reply: string }
	  ));

/** A Redis whose way to the client can be disturbed, command by command. */
export class RedisProxy {
	/** Commands that came since `arm`. */
	commands = 0;
	/** How many of them were disturbed. */
	disturbed = 0;
	/** How many of them wait for an answer that does not come. */
	held = 0;
	readonly #sockets = new Set<Socket>();
	#server: Server | undefined;
	#fault: RedisFault | undefined;
	#release = () => {};
	#released: Promise<void> = Promise.resolve();

	private constructor(
		private readonly upstreamPort: number,
		private readonly port: number,
	) {}

	static async start(upstreamPort: number): Promise<RedisProxy> {
		const proxy = new RedisProxy(upstreamPort, await freePort());
		await proxy.#listen();
		return proxy;
	}

	/** @param access `user:password@` */
	url(access = ''): string {
		return `redis://${access}127.0.0.1:${this.port}`;
	}

	/** From now on things go wrong; undefined: nothing does, and commands are counted. */
	async arm(fault: RedisFault | undefined): Promise<void> {
		this.commands = this.disturbed = this.held = 0;
		this.#fault = fault;
		this.#released = new Promise((resolve) => (this.#release = resolve));
		if (fault?.kind === 'down') await this.#stop();
	}

	/** Lets the answers go that wait; those of later commands wait for the next time. */
	release(): void {
		const release = this.#release;
		this.#released = new Promise((resolve) => (this.#release = resolve));
		release();
	}

	/** From now on all is well. */
	async heal(): Promise<void> {
		this.#fault = undefined;
		this.release();
		if (!this.#server) await this.#listen();
	}

	async close(): Promise<void> {
		this.release();
		await this.#stop();
	}

	async #listen(): Promise<void> {
		const server = createServer((socket) => void this.#serve(socket));
		this.#server = server;
		server.listen(this.port, '127.0.0.1');
		await once(server, 'listening');
	}

	async #stop(): Promise<void> {
		const server = this.#server;
		this.#server = undefined;
		for (const socket of this.#sockets) socket.resetAndDestroy();
		if (!server) return;
		server.close();
		await once(server, 'close');
	}

	async #serve(client: Socket): Promise<void> {
		const upstream = connect(this.upstreamPort, '127.0.0.1');
		this.#sockets.add(client);
		client.on('close', () => {
			this.#sockets.delete(client);
			upstream.destroy();
		});
		for (const socket of [client, upstream]) socket.on('error', () => {});
		const replies = new RespReader(upstream);
		const ask = async (command: Buffer) => {
			upstream.write(command);
			return (await replies.next()) ?? Buffer.alloc(0);
		};
		for await (const command of new RespReader(client)) await this.#pass(command, client, ask);
	}

	async #pass(command: Buffer, client: Socket, ask: (command: Buffer) => Promise<Buffer>): Promise<void> {
		const fault = this.#faultOf(isLogin(command) ? 0 : ++this.commands);
		if (fault) this.disturbed++;
		switch (fault?.kind) {
			case 'cutBefore':
				return void client.resetAndDestroy();
			case 'cutAfter':
				await ask(command);
				return void client.resetAndDestroy();
			case 'hang':
				this.held++;
				client.write(fault.says ?? '');
				return await new Promise((resolve) => client.once('close', () => resolve()));
			case 'late': {
				const reply = await ask(command);
				this.held++;
				await this.#released;
				return void client.write(reply);
			}
			case 'reply':
				return void client.write(fault.reply);
			case 'replyAfter':
				await ask(command);
				return void client.write(fault.reply);
			default:
				client.write(await ask(command));
		}
	}

	#faultOf(place: number): Exclude<RedisFault, { kind: 'down' }> | undefined {
		const fault = this.#fault;
		if (!fault || fault.kind === 'down') return undefined;
		const { at, until = at } = fault;
		return place >= at && place <= until ? fault : undefined;
	}
}

const isLogin = (command: Buffer) => /^\*\d+\r\n\$4\r\nAUTH\r\n/.test(command.toString('latin1', 0, 20));

const LINE_END = '\r\n';

/** Commands or replies as they come, each as its bytes (RESP 2). */
class RespReader implements AsyncIterable<Buffer> {
	#bytes = Buffer.alloc(0);
	#isOver = false;
	#wake = () => {};

	constructor(socket: Socket) {
		socket.on('data', (chunk) => {
			this.#bytes = Buffer.concat([this.#bytes, chunk]);
			this.#wake();
		});
		socket.on('close', () => {
			this.#isOver = true;
			this.#wake();
		});
	}

	/** @returns undefined when the connection is over */
	async next(): Promise<Buffer | undefined> {
		for (;;) {
			const end = endOfValue(this.#bytes, 0);
			if (end !== undefined) {
				const value = this.#bytes.subarray(0, end);
				this.#bytes = this.#bytes.subarray(end);
				return value;
			}
			if (this.#isOver) return undefined;
			await new Promise<void>((resolve) => (this.#wake = resolve));
		}
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
		for (let value = await this.next(); value; value = await this.next()) yield value;
	}
}

/** Where the value ends that begins at `start`; undefined: not all of it is there. */
function endOfValue(bytes: Buffer, start: number): number | undefined {
	const lineEnd = bytes.indexOf(LINE_END, start);
	if (lineEnd < 0) return undefined;
	const afterLine = lineEnd + LINE_END.length;
	const type = String.fromCharCode(bytes[start] ?? 0);
	const length = Number(bytes.toString('latin1', start + 1, lineEnd));
	if (type === '$' && length >= 0) {
		const end = afterLine + length + LINE_END.length;
		return end <= bytes.length ? end : undefined;
	}
	let end: number | undefined = afterLine;
	if (type === '*') for (let left = length; left > 0 && end !== undefined; left--) end = endOfValue(bytes, end);
	return end;
}
