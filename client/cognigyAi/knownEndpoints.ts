import { lru } from 'tiny-lru';

import { CognigyError } from '../errors';
import type { EndpointAddress } from './endpointAddress';

/** Endpoints that are remembered. */
const MAX_ENDPOINTS = 1_000;

/** The addresses behind the names of endpoints. Only in memory: the tokens in them are secrets. */
export class KnownEndpoints {
	readonly #byName = lru<EndpointAddress>(MAX_ENDPOINTS);

	add({ base, token, name }: EndpointAddress): void {
		this.#byName.set(name, { base, token, name });
	}

	get(name: string): EndpointAddress {
		const address = this.#byName.get(name);
		if (address) return address;
		throw new CognigyError({
			category: 'invalidInput',
			message: `The URL of ${name} is not known any more`,
			advice: 'Publish the workflow again.',
		});
	}
}
