/** What the cloud edition does not offer at all, with what a user notices of it. */
export const scopeDifferences = {
	'no-shared-state':
		'State Store and Redis URL are not there: each process of n8n has sessions, request budget and login of its own.',
	'one-named-session':
		'Cognigy Stream Messages Trigger follows one session that you name, and Cognigy Reset Session resets the session of each item: neither finds sessions that were started before.',
	'own-copy-only':
		'While an updated package runs beside the one before it (until the workflows are published again), each of the two counts its requests by itself.',
	'unknown-queue-mode':
		'The node cannot tell whether n8n runs in queue mode: a start that another worker takes over is made again unless it has an Idempotency Key that this worker knows.',
} as const satisfies Record<string, string>;
