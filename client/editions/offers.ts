/** What an edition can serve, of what parameters and fields of credentials may ask for. */
export interface Offers {
	/** State that several processes share: State Store, Redis URL. */
	sharedState: boolean;
	/** Following and resetting sessions that were started before, which must outlive n8n. */
	lastingSessions: boolean;
}
