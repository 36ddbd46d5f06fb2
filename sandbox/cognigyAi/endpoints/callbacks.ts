import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionAddress } from '../contract';
import type { Exchange, Exchanges } from '../exchanges';
import type { FaultPlan } from '../faults/faultPlan';
import type { Endpoint } from '../resources';
import { nowhere, type Outlet } from '../sessions/outlet';
import { keyOf, type ConversationEntry, type Said } from '../sessions/sessions';
import { postToThisMachine } from '../../http/postToThisMachine';
import type { TlsMaterial } from '../../http/tls';

export interface CallbacksOptions {
	exchanges: Exchanges;
	faults: FaultPlan;
	/** A webhook with TLS must have a certificate of the same authority. */
	tls: TlsMaterial | undefined;
}

/** Posts what Webhook endpoints have to say to their webhook URLs, one output after the other. */
export class Callbacks {
	readonly #lastCalls = new Map<string, Promise<void>>();
	#isClosed = false;
	readonly #options: CallbacksOptions;

	constructor(options: CallbacksOptions) {
		this.#options = options;
	}

	outletOf(endpoint: Endpoint, address: SessionAddress): Outlet {
		return {
			...nowhere,
			output: (said) => {
				if (endpoint.settings.webhookUrl === '') nowhere.output(said);
				else this.#enqueue(endpoint, address, said);
			},
		};
	}

	/** Posts nothing any more. */
	close(): void {
		this.#isClosed = true;
	}

	#enqueue(endpoint: Endpoint, address: SessionAddress, said: Said): void {
		const key = `${endpoint._id} ${keyOf(address)}`;
		const call = (this.#lastCalls.get(key) ?? Promise.resolve()).then(() => this.#deliver(endpoint, address, said));
		this.#lastCalls.set(key, call);
		void call.finally(() => {
			if (this.#lastCalls.get(key) === call) this.#lastCalls.delete(key);
		});
	}

	async #deliver(endpoint: Endpoint, { userId, sessionId }: SessionAddress, { output, entry }: Said): Promise<void> {
		if (this.#isClosed) return;
		const { webhookUrl } = endpoint.settings;
		const body = { userId, sessionId, AIOutput: output };
		const exchange = this.#options.exchanges.begin({
			via: 'callback',
			method: 'POST',
			path: URL.canParse(webhookUrl) ? new URL(webhookUrl).pathname : '(no URL)',
			operation: 'callback',
			endpoint: endpoint.name,
			userId,
			sessionId,
			body,
		});
		const fault = this.#options.faults.take('callback', exchange.traits());
		exchange.faultTaken(fault?.kind);
		if (fault?.kind === 'latency') await sleep(fault.ms, undefined, { ref: false });
		const times = fault?.kind === 'lost' ? 0 : fault?.kind === 'twice' ? 2 : 1;
		for (let time = 0; time < times; time += 1) await this.#post(endpoint, body, entry, exchange);
		if (times === 0) entry.delivery = { sent: 0, state: 'failed' };
		exchange.close();
	}

	async #post(endpoint: Endpoint, body: object, entry: ConversationEntry, exchange: Exchange): Promise<void> {
		exchange.entry.ran = true;
		const sent = (entry.delivery?.sent ?? 0) + 1;
		try {
			const { webhookUrl, basicAuthUser, basicAuthPassword } = endpoint.settings;
			const auth = basicAuthUser === '' ? undefined : `${basicAuthUser}:${basicAuthPassword}`;
			const { tls } = this.#options;
			const { status } = await postToThisMachine(webhookUrl, JSON.stringify(body), { auth, ca: tls?.ca });
			entry.delivery = { sent, state: status < 300 ? 'delivered' : 'failed' };
			exchange.answered(status);
		} catch (error) {
			entry.delivery = { sent, state: 'failed' };
			exchange.entry.refusal = error instanceof Error ? error.message : String(error);
		}
	}
}
