import { connect } from 'node:net';
import { Duplex } from 'node:stream';

import { closeAfterTest } from './setups';

export interface HeldUp {
	/** The client's end. */
	client: Duplex;
	/** What the service says waits from now on. */
	hold: () => void;
	/** The service has said its last. */
	isOver: () => boolean;
	/** What has waited arrives, all of it at once. */
	release: () => void;
}

/** A connection to a service of this machine on which what the service says can be held up. */
export function heldUp(port: number): HeldUp {
	const service = connect(port, '127.0.0.1').on('error', () => {});
	const client = new Duplex({
		read: () => {},
		write: (chunk: Buffer, _encoding, done) => service.write(chunk, done),
		destroy: (error, done) => {
			service.destroy();
			done(error);
		},
	});
	closeAfterTest(() => void client.destroy());
	const held: Buffer[] = [];
	let isHeld = false;
	service.on('data', (chunk: Buffer) => {
		if (isHeld) held.push(chunk);
		else client.push(chunk);
	});
	return {
		client,
		hold: () => {
			isHeld = true;
		},
		isOver: () => service.readableEnded,
		release: () => {
			isHeld = false;
			client.push(Buffer.concat(held.splice(0)));
		},
	};
}
