import { request, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * Passes a request on to a service, and its answer back.
 * @param target base URL of the service
 * @param instead called when the service has answered: true means that something else was done with it
 * @returns the request to the service, to be ended early
 */
export function passOn(
	incoming: IncomingMessage,
	response: ServerResponse,
	target: string,
	instead: () => boolean = () => false,
): ClientRequest {
	const { method, headers, url = '' } = incoming;
	const onward = request(target + url, { method, headers, agent: false }, (answer) => {
		if (instead()) {
			answer.resume();
			return;
		}
		response.writeHead(answer.statusCode ?? 500, answer.headers);
		answer.pipe(response);
	});
	onward.on('error', () => {});
	incoming.pipe(onward);
	return onward;
}
