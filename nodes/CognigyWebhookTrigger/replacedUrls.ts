import type { OldUrl } from './storedUrl';

/**
 * What was set in endpoints before our URLs, as far as this process set them. A node has two URLs, one for tests and one
 * for production, and each may replace the other; what n8n stores for one is not seen by the other, nor does it survive
 * an activation that failed half way.
 */
export class ReplacedUrls {
	readonly #before: Map<string, Map<string, OldUrl>>;

	/** @param before by endpoint and URL; also of before the package was updated */
	constructor(before: Map<string, Map<string, OldUrl>>) {
		this.#before = before;
	}

	/** Our URL is about to be set in the place of `before`. */
	put(endpointId: string, url: string, before: OldUrl): void {
		const ofEndpoint = this.#before.get(endpointId) ?? new Map<string, OldUrl>();
		this.#before.set(endpointId, ofEndpoint.set(url, before));
	}

	/** What our URL replaced; undefined: not known here. */
	get(endpointId: string, url: string): OldUrl | undefined {
		return this.#before.get(endpointId)?.get(url);
	}

	/** Our URL is out of use: whoever was to put it back puts back what was there before it. */
	remove(endpointId: string, url: string, before: OldUrl): void {
		const ofEndpoint = this.#before.get(endpointId);
		if (!ofEndpoint) return;
		ofEndpoint.delete(url);
		for (const [other, replaced] of ofEndpoint) if (replaced === url) ofEndpoint.set(other, before);
		if (ofEndpoint.size === 0) this.#before.delete(endpointId);
	}
}
