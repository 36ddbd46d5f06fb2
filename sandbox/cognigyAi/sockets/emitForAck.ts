import type { Socket } from 'socket.io';

interface Emission {
	event: string;
	payload: object;
	/** How often it is really sent. */
	times: number;
	/** False: acknowledgements are not listened to. */
	isHeard: boolean;
	timeoutMs: number;
}

/** Sends an event with the request to acknowledge it. Rejects when that does not happen in time, or the socket closes. */
export function emitForAck(socket: Socket, { event, payload, times, isHeard, timeoutMs }: Emission): Promise<void> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => fail(), timeoutMs).unref();
		const end = () => {
			clearTimeout(timer);
			socket.off('disconnect', fail);
		};
		const fail = () => {
			end();
			reject(new Error('It was not acknowledged.'));
		};
		socket.once('disconnect', fail);
		for (let time = 0; time < times; time += 1) {
			socket.emit(event, payload, () => {
				if (!isHeard) return;
				end();
				resolve();
			});
		}
	});
}
