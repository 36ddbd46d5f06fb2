import { lru } from 'tiny-lru';

import { withAttempts, type CallContext } from '../call/attempts';
import { CognigyError } from '../errors';
import type { Clock } from '../time/clock';
import { raceWithSignal } from '../time/race';
import type { CognigyAiConfig } from './config';
import { endpointName, type EndpointAddress, type PickedReference } from './endpointAddress';
import { endpointBaseOf } from './endpointBase';
import { findEndpoint } from './findEndpoint';
import type { ProjectLists } from './lists';
import type { ManagementApi } from './managementApi';
import { isMasked } from './masks';

/** Endpoints that are remembered. */
const MAX_ENDPOINTS = 1_000;
/** How long, in ms: somebody may give an endpoint another token. */
const REMEMBERED_MS = 60_000;

export interface PickedEndpoint {
	address: EndpointAddress;
	/** As the project calls it. */
	name: string;
	/** As the API calls it; empty: not told. */
	channel: string;
}

export interface PickedEndpointsDependencies {
	config: CognigyAiConfig;
	api: ManagementApi;
	lists: ProjectLists;
	clock: Clock;
	random: () => number;
}

/**
 * The addresses of endpoints that users pick from the list of their project. They are looked up once for all items, as a
 * safe call, and only in memory: the tokens in them are secrets (guarantee 6).
 */
export class PickedEndpoints {
	readonly #known = lru<PickedEndpoint & { until: number }>(MAX_ENDPOINTS);
	/** Under way, by what is looked for. */
	readonly #asked = new Map<string, Promise<PickedEndpoint>>();

	constructor(private readonly deps: PickedEndpointsDependencies) {}

	/** @throws {CognigyError} `invalidInput` when none could be found at all */
	check(): void {
		endpointBaseOf(this.deps.config);
	}

	/**
	 * @throws {CognigyError} of the management API; `invalidInput` when the address of endpoints cannot be told; `protocol`
	 *   when the service hides the token
	 */
	async find(reference: PickedReference, context: CallContext): Promise<PickedEndpoint> {
		const key = keyOf(reference);
		const known = this.#known.get(key);
		if (known && this.deps.clock.monotonic() < known.until) return known;
		const action = `Looking up ${nameOf(reference)}`;
		const policy = { action, isRepeatable: () => false };
		return await withAttempts(this.deps, context, policy, async () => {
			for (let asked = this.#asked.get(key); asked; asked = this.#asked.get(key)) {
				try {
					return await raceWithSignal(asked, context.deadline.signal);
				} catch (error) {
					if (context.deadline.end || !isEndOfOther(error)) throw error;
				}
			}
			return await this.#ask(key, reference, context);
		});
	}

	/** Whether an endpoint has got another token than this one. @throws {CognigyError} as `find` */
	async hasChanged(reference: PickedReference, token: string, context: CallContext): Promise<boolean> {
		const key = keyOf(reference);
		// Somebody else may have found that out before.
		if (this.#known.get(key)?.address.token === token) this.#known.delete(key);
		const { address } = await this.find(reference, context);
		return address.token !== token;
	}

	async #ask(key: string, reference: PickedReference, context: CallContext): Promise<PickedEndpoint> {
		const asked = this.#read(reference, context).finally(() => this.#asked.delete(key));
		this.#asked.set(key, asked);
		const found = await asked;
		this.#known.set(key, { ...found, until: this.deps.clock.monotonic() + REMEMBERED_MS });
		return found;
	}

	async #read(reference: PickedReference, context: CallContext): Promise<PickedEndpoint> {
		const { config } = this.deps;
		const base = endpointBaseOf(config);
		// The attempts of an audit entry are those of the message, not of the look before it.
		const own = { ...context, trace: { attempts: 0 } };
		const { URLToken: token, name, channel } = await findEndpoint(this.deps, config.projectId, reference, own);
		if (token === '' || isMasked(token)) throw tokenHidden(name);
		return { address: { base, token, name: endpointName(token) }, name, channel };
	}
}

/** Whoever asked has no time any more: that is no answer for others. */
function isEndOfOther(error: unknown): boolean {
	return error instanceof CognigyError && (error.category === 'timeout' || error.category === 'cancelled');
}

function keyOf(reference: PickedReference): string {
	return reference.kind === 'id' ? reference.id : reference.name;
}

function nameOf(reference: PickedReference): string {
	return `endpoint "${keyOf(reference)}"`;
}

function tokenHidden(name: string): CognigyError {
	return new CognigyError({
		category: 'protocol',
		message: `Cognigy does not tell the URL of endpoint "${name}"`,
		advice:
			'Copy the Endpoint URL from its settings in Cognigy.AI, and choose the endpoint by its URL. Nothing was sent for this item.',
	});
}
