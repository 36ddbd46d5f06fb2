import type { Socket } from 'socket.io';
import * as z from 'zod/v4';
import type { SessionAddress } from '../contract';
import { id } from '../readBody';

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Who a socket says it is. */
export interface Identity extends SessionAddress {
	urlToken: string;
	testMode: boolean;
	emitWithAck: boolean;
}

const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

const identity = z.object({
	urlToken: id,
	userId: id,
	sessionId: id,
	testMode: flag.default(false),
	emitWithAck: flag.default(false),
});

/** What a query says; undefined: not all that is needed. */
export function identityIn(query: URLSearchParams): Identity | undefined {
	return identity.safeParse(Object.fromEntries([...query].map(([name, value]) => [name, decodedOnceMore(value)]))).data;
}

/** Whether a socket is asked only once it is connected, so that nothing of it is in a URL. */
export function wantsInnerHandshake(query: URLSearchParams): boolean {
	return query.get('handshake') === 'true';
}

/** Asks a socket who it is; undefined: it does not say. */
export function askForIdentity(socket: Socket): Promise<Identity | undefined> {
	return new Promise((resolve) => {
		socket.timeout(HANDSHAKE_TIMEOUT_MS).emit('handshake', (error: Error | null, answer: unknown) => {
			resolve(error ? undefined : identity.safeParse(answer).data);
		});
		socket.once('disconnect', () => resolve(undefined));
	});
}

/** The official clients encode each value before Socket.IO does (docs/protocol-cognigy-ai.md#socket-connection). */
function decodedOnceMore(value: string): string {
	try {
		return decodeURIComponent(value);
	} catch {
		return value;
	}
}
