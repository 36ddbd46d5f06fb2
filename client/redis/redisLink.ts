import type { RedisAddress } from './redisAddress';
import { LinkFailure } from './linkFailure';
import { newRedisClient, type RedisClient } from './redisClient';
import { loadRedisLibrary } from './redisLibrary';
import {
	connectionMayPass,
	connectionProblem,
	redirectOf,
	refusalProblem,
	replyCode,
	replyMayPass,
	replyProblem,
	silenceOverTls,
} from './redisProblems';
import { primaryOf } from './sentinel';

/** One connection to Redis, from its beginning to its end. It is made once and never again. */
export class RedisLink {
	readonly #address: RedisAddress;
	readonly #client: Promise<RedisClient>;
	readonly #ending = new AbortController();
	#running = 0;
	#hasAnswered = false;
	#isConnected = false;

	/** @param onEnd the connection is over: whoever waits for an answer is told, the next one needs another link */
	constructor(address: RedisAddress, onEnd: () => void) {
		this.#address = address;
		this.#client = this.#connect(onEnd);
		// Whoever waits for it learns of the failure; perhaps nobody does any more.
		this.#client.catch(() => {});
	}

	/**
	 * @param isAsked a node of a cluster gets the command for keys that are just being moved to it
	 * @throws {LinkFailure}
	 */
	async command(args: string[], isAsked = false): Promise<unknown> {
		const client = await this.#client;
		// A process that waits for an answer is not done; one that could ask once more is.
		if (this.#running++ === 0) client.ref();
		try {
			// One behind the other, with nothing between them.
			const asking = isAsked ? client.sendCommand(['ASKING']) : undefined;
			const [answer]: unknown[] = await Promise.all([client.sendCommand(args), asking]);
			this.#hasAnswered = true;
			return answer;
		} catch (error) {
			throw await this.#failure(error, client);
		} finally {
			if (--this.#running === 0) client.unref();
		}
	}

	/** What may be the reason where no answer comes in time; continues a sentence. */
	get silence(): string {
		return this.#address.tls && !this.#hasAnswered ? silenceOverTls : '';
	}

	/** Whether commands have been sent. */
	get isConnected(): boolean {
		return this.#isConnected;
	}

	end(): void {
		this.#ending.abort();
	}

	async #connect(onEnd: () => void): Promise<RedisClient> {
		const library = await loadRedisLibrary();
		const node = this.#address.sentinel ? await primaryOf(this.#address, this.#ending.signal) : this.#address;
		const client = newRedisClient(library, node, this.#address);
		client.on('error', onEnd);
		const destroy = () => client.destroy();
		this.#ending.signal.addEventListener('abort', destroy, { once: true });
		try {
			this.#ending.signal.throwIfAborted();
			await client.connect();
		} catch (error) {
			client.destroy();
			throw await this.#failure(error);
		}
		client.unref();
		this.#isConnected = true;
		return client;
	}

	/** @param client missing while it is not connected */
	async #failure(error: unknown, client?: RedisClient): Promise<LinkFailure> {
		const { ErrorReply } = await loadRedisLibrary();
		if (error instanceof LinkFailure) return error;
		if (!(error instanceof ErrorReply)) {
			const state = { tls: this.#address.tls, hasAnswered: this.#hasAnswered };
			return new LinkFailure(connectionProblem(error, state), { mayPass: !client && connectionMayPass(error) });
		}
		this.#hasAnswered = true;
		const { username = '', password = '' } = this.#address;
		const refusal = client && (await refusalProblem(error, async (args) => await client.sendCommand(args)));
		const problem = refusal ?? replyProblem(error, [username, password]);
		const facts = { mayPass: replyMayPass(error), ...redirectOf(error) };
		return new LinkFailure(problem, client ? { ...facts, replyCode: replyCode(error) } : facts);
	}
}
