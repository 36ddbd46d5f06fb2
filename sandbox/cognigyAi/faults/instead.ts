import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { WireAnswer } from '../../http/answers';
import type { Connections } from '../../http/connections';
import { answerInstead as answerInsteadOfCall } from '../../faults/instead';
import type { InsteadFault } from './fault';

/** Does what the fault says in the place of the operation. Returns what is to be sent; undefined: nothing. */
export function answerInstead(fault: InsteadFault, socket: Socket, connections: Connections): WireAnswer | undefined {
	switch (fault.kind) {
		case 'htmlError':
			return htmlPage(fault.status);
		case 'textError':
			return { status: fault.status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: fault.text };
		default:
			return answerInsteadOfCall(fault, socket, connections);
	}
}

/** An error page as a proxy or a load balancer makes it. */
export function htmlPage(status: number): WireAnswer {
	const title = `${status} ${STATUS_CODES[status] ?? 'Error'}`;
	const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
	return { status, headers: { 'content-type': 'text/html' }, body };
}
