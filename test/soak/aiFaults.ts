import type { CognigyAiFaultRequest } from '../../sandbox';
import { http2Faults, type HttpVersion } from './side';

/**
 * What can go wrong with Cognigy.AI; each is as probable as the others. Not among it: the same output twice over one
 * connection, which is what a bot does that says the same thing twice.
 */
const aiFaults: readonly CognigyAiFaultRequest[] = [
	{ operation: 'message', kind: 'status', status: 500 },
	{ operation: 'message', kind: 'status', status: 429, headers: { 'retry-after': '1' } },
	{ operation: 'message', kind: 'htmlError', status: 502 },
	{ operation: 'message', kind: 'dropBefore' },
	{ operation: 'message', kind: 'dropAfter' },
	{ operation: 'message', kind: 'truncate' },
	{ operation: 'message', kind: 'badJson' },
	{ operation: 'message', kind: 'hang' },
	{ operation: 'message', kind: 'latency', ms: 1_500 },
	{ operation: 'connect', kind: 'status', status: 502 },
	{ operation: 'connect', kind: 'dropBefore' },
	{ operation: 'connect', kind: 'dropAfter' },
	{ operation: 'connect', kind: 'latency', ms: 1_500 },
	{ operation: 'ready', kind: 'latency', ms: 1_500 },
	{ operation: 'processInput', kind: 'dropBefore' },
	{ operation: 'processInput', kind: 'dropMidTurn', outputs: 0 },
	{ operation: 'processInput', kind: 'dropMidTurn', outputs: 1 },
	{ operation: 'processInput', kind: 'noFinalPing' },
	{ operation: 'processInput', kind: 'errorOutput' },
	{ operation: 'processInput', kind: 'exception' },
	{ operation: 'output', kind: 'lost' },
	{ operation: 'output', kind: 'ackLost' },
	{ operation: 'finalPing', kind: 'ackLost' },
	{ operation: 'resetContext', kind: 'status', status: 503 },
	{ operation: 'resetContext', kind: 'dropAfter' },
	{ operation: 'callback', kind: 'latency', ms: 1_500 },
];

/** By the version of HTTP. */
export const aiFaultsOver: Readonly<Record<HttpVersion, readonly CognigyAiFaultRequest[]>> = {
	'1.1': aiFaults,
	'2': [...aiFaults, ...http2Faults.map((fault) => ({ operation: 'message', ...fault }) as const)],
};
