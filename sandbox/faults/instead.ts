import type { Socket } from 'node:net';
import { JSON_TYPE, type WireAnswer } from '../http/answers';
import type { Connections } from '../http/connections';
import type { InsteadEffect } from './effects';

/** Does what the fault says in the place of the operation. Returns what is to be sent; undefined: nothing. */
export function answerInstead(fault: InsteadEffect, socket: Socket, connections: Connections): WireAnswer | undefined {
	switch (fault.kind) {
		case 'status':
			return injectedAnswer(fault);
		case 'hang':
			return undefined;
		case 'dropBefore':
			connections.cut(socket);
			return undefined;
		case 'resetBefore':
			connections.reset(socket);
			return undefined;
	}
}

function injectedAnswer({ status, headers, body }: Extract<InsteadEffect, { kind: 'status' }>): WireAnswer {
	if (typeof body === 'string') {
		return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
	}
	const json = body ?? { error: 'injected', message: `The sandbox was asked to answer with ${status}.` };
	return { status, headers: { 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(json) };
}
