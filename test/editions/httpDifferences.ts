/**
 * What HTTP over `fetch`, in the cloud edition, does not do as HTTP over Node's own modules does it: what a user notices of
 * each. The contract of transports says what happens instead.
 */
export const httpDifferences = {
	'idle-connections-stay':
		'Connections to Cognigy that nobody uses any more stay open for about 4 seconds, also when the workflow has been unpublished.',
	'stopped-handshake-stays':
		'When a request is stopped while its TLS connection is being made, it ends at once and is never sent, but the connection may stay for 10 seconds.',
	'bodiless-counts-as-sent':
		'A request without a body (a list, a poll) whose connection is reset while it is being made counts as sent; it starts nothing, so it is repeated all the same.',
	'fetch-adds-headers':
		'Cognigy, and gateways before it, see headers with each request that fetch adds: Accept-Language, Sec-Fetch-Mode and, where there is none, Accept.',
	'no-answer-407': 'An answer with status 407 counts as no answer: a start that got it may have run.',
	'get-again-after-421':
		'After an answer with status 421 a request without a body is sent once more at once, which the request budget does not count; a start is not.',
	'no-proxy': 'HTTP_PROXY, HTTPS_PROXY and NO_PROXY are not used: n8n must be able to reach Cognigy directly.',
	'no-http2': 'HTTP/2 is not used: each request that is under way has a connection of its own.',
	'no-egress-at-connect':
		'The egress (SSRF) policy of n8n is asked before each request, but not again for the address that is then connected to.',
	'unverified-by-variable':
		'Where n8n runs with NODE_TLS_REJECT_UNAUTHORIZED=0, certificates are not verified, as for all of n8n.',
	'blocked-ports':
		'Cognigy cannot be reached at the ports that browsers block (6667, for example): nothing is sent, and the error says so.',
	'own-time-limits':
		'A connection that is not made within 10 seconds, or an answer that is silent for 5 minutes, ends the request also where Timeout is longer.',
} as const;

export type HttpDifference = keyof typeof httpDifferences;
