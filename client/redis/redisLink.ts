import type { RedisAddress } from './redisAddress';
import { loadRedisLibrary, type RedisLibrary } from './redisLibrary';
import { connectionProblem, refusalProblem, replyCode, replyProblem, silenceOverTls } from './redisProblems';

/** Why a command got no result. The message continues the name of the host; it holds no secret. */
export class LinkFailure extends Error {
	override readonly name = 'LinkFailure';

	/** @param replyCode Redis' own error code, when it refused the command over a connection that works */
	constructor(
		message: string,
		readonly replyCode?: string,
	) {
		super(message);
	}
}

/** A connection that is not made within this time, in ms, fails. */
const CONNECT_MS = 2_000;

type Client = ReturnType<typeof newClient>;

/** One connection to Redis, from its beginning to its end. It is made once and never again. */
export class RedisLink {
	readonly #address: RedisAddress;
	readonly #client: Promise<Client>;
	readonly #ending = new AbortController();
	#running = 0;
	#hasAnswered = false;

	/** @param onEnd the connection is over: whoever waits for an answer is told, the next one needs another link */
	constructor(address: RedisAddress, onEnd: () => void) {
		this.#address = address;
		this.#client = this.#connect(onEnd);
		// Whoever waits for it learns of the failure; perhaps nobody does any more.
		this.#client.catch(() => {});
	}

	/** @throws {LinkFailure} */
	async command(args: string[]): Promise<unknown> {
		const client = await this.#client;
		// A process that waits for an answer is not done; one that could ask once more is.
		if (this.#running++ === 0) client.ref();
		try {
			const answer: unknown = await client.sendCommand(args);
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

	end(): void {
		this.#ending.abort();
	}

	async #connect(onEnd: () => void): Promise<Client> {
		const library = await loadRedisLibrary();
		const client = newClient(library, this.#address);
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
		return client;
	}

	/** @param client missing while it is not connected */
	async #failure(error: unknown, client?: Client): Promise<LinkFailure> {
		const { ErrorReply } = await loadRedisLibrary();
		if (!(error instanceof ErrorReply)) {
			const state = { tls: this.#address.tls, hasAnswered: this.#hasAnswered };
			return new LinkFailure(connectionProblem(error, state));
		}
		this.#hasAnswered = true;
		const { username = '', password = '' } = this.#address;
		const refusal = client && (await refusalProblem(error, async (args) => await client.sendCommand(args)));
		const problem = refusal ?? replyProblem(error, [username, password]);
		return client ? new LinkFailure(problem, replyCode(error)) : new LinkFailure(problem);
	}
}

function newClient({ createClient }: RedisLibrary, { host, port, tls, ...access }: RedisAddress) {
	// The next command that somebody sends makes a new link: no loop of attempts keeps a process alive.
	const socket = { host, port, connectTimeout: CONNECT_MS, reconnectStrategy: false as const };
	return createClient({
		...access,
		socket: tls ? { ...socket, tls, rejectUnauthorized: true } : socket,
		// Understood by every version, and all that plain lists and texts need.
		RESP: 2,
		disableOfflineQueue: true,
		// The library's limit ends when a command is written, not when it is answered: `RedisSession` has its own.
		commandOptions: { timeout: undefined },
		disableClientInfo: true,
		maintNotifications: 'disabled',
	});
}
