import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import type { Arrival } from './arrival';

/** Where workflows and programs tell what has reached them. */
export class Receiver {
	/** By text: when it came, each time. */
	readonly #arrivals = new Map<string, number[]>();
	readonly #events = new EventEmitter();

	private constructor(private readonly server: Server) {
		server.on('request', (request, response) => {
			void text(request).then((body) => {
				response.end();
				this.#add(JSON.parse(body) as Arrival);
			});
		});
	}

	static async start(): Promise<Receiver> {
		const server = createServer();
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		return new Receiver(server);
	}

	get url(): string {
		const { port } = this.server.address() as AddressInfo;
		return `http://127.0.0.1:${port}/`;
	}

	/** When this text came, each time. */
	arrivalsOf(text: string): readonly number[] {
		return this.#arrivals.get(text) ?? [];
	}

	/** Resolves once all these texts have come, or `timeoutMs` are over. */
	async haveAllCome(texts: readonly string[], timeoutMs: number): Promise<void> {
		const signal = AbortSignal.timeout(timeoutMs);
		while (!signal.aborted && !texts.every((text) => this.#arrivals.has(text))) {
			await once(this.#events, 'arrival', { signal }).catch(() => {});
		}
	}

	async close(): Promise<void> {
		this.server.close();
		this.server.closeAllConnections();
		await once(this.server, 'close');
	}

	#add({ text, arrivedAt }: Arrival): void {
		this.#arrivals.set(text, [...this.arrivalsOf(text), arrivedAt]);
		this.#events.emit('arrival');
	}
}
