/**
 * What a transport over the runtime's own WebSocket cannot do, by name, with what the user notices of it. The contract
 * suites run other tests in the place of those that it cannot pass.
 */
export const webSocketDifferences = {
	'unseen-refusals':
		'How the service refuses a connection (status, Retry-After, its words) is not told: the error says that it was refused and what to check, and the address is asked once more, without secrets, to tell a refusal from a network fault. Refused with 401, some versions of Node dial once more by themselves.',
	'no-ping':
		'A connection that died without a word is noticed by the time limit of the request on it, not by a ping that nobody answers.',
	'violations-look-cut':
		'A frame against the protocol is reported as a connection that was cut, and so tried again as one.',
	'large-frames-fill-memory':
		'A message that is too large is refused only once it is whole: a hostile service may fill up to 128 MiB of memory per connection (the runtime takes no more).',
	'offers-compression': 'The service may compress what it sends.',
	'cannot-cut':
		'A connection that is given up gets a goodbye and is no longer listened to; it stays open below until the service closes it, or, if it is not yet secured, for 10 s.',
	'late-goodbyes':
		'A goodbye of the service is noticed when it closes the connection below, or when something is to be sent.',
	'no-proxies':
		'HTTP_PROXY and HTTPS_PROXY do not count, unless Node itself is told to obey them (NODE_USE_ENV_PROXY, Node 24).',
	'no-lookup':
		"n8n's network policy checks the address before it is dialled, but not once more what the name then leads to.",
} as const;

export type WebSocketDifference = keyof typeof webSocketDifferences;

/** The same for Socket.IO, as far as it shows there. */
export const socketIoDifferences = {
	'unseen-refusals': webSocketDifferences['unseen-refusals'],
	'large-frames-fill-memory': webSocketDifferences['large-frames-fill-memory'],
	'offers-compression': webSocketDifferences['offers-compression'],
	'cannot-cut': webSocketDifferences['cannot-cut'],
	'no-proxies': webSocketDifferences['no-proxies'],
	'no-lookup': webSocketDifferences['no-lookup'],
} as const;

export type SocketIoDifference = keyof typeof socketIoDifferences;
