/**
 * What one WebSocket frame says: packets of Socket.IO (protocol 5) within those of Engine.IO (protocol 4), as text. Binary
 * attachments are none of it: no endpoint needs them (docs/protocol-cognigy-ai.md#socket-events).
 */

/** What the first character of a frame says. */
export const ENGINE = { open: '0', close: '1', ping: '2', pong: '3', message: '4', upgrade: '5', noop: '6' } as const;

export interface OpenPacket {
	/** How often the service pings, and how long it waits for an answer, in ms. */
	pingInterval: number;
	pingTimeout: number;
	/** Largest packet that the service takes, in bytes. */
	maxPayload: number;
}

/** What a service says first, without what does not matter to us; undefined if it is not what it must be. */
export function readOpenPacket(json: string): OpenPacket | undefined {
	const said = parsed(json);
	if (!isObject(said) || typeof said.sid !== 'string') return undefined;
	const { pingInterval, pingTimeout, maxPayload = Infinity } = said;
	if (!isPositive(pingInterval) || !isPositive(pingTimeout) || !isPositive(maxPayload)) return undefined;
	return { pingInterval, pingTimeout, maxPayload };
}

/** A packet of the namespace "/". */
export type SocketPacket =
	/** The answer to our wish to connect; of an old service, which says so unasked, without an id. */
	| { type: 'connected'; sid: string | undefined }
	/** The service does not take the connection, and why. */
	| { type: 'connectError'; message: string | undefined }
	| { type: 'disconnected' }
	/** `id`: it is to be acknowledged. */
	| { type: 'event'; name: string; args: unknown[]; id: number | undefined }
	/** Something that does not concern us: of another namespace, an acknowledgement, an event without a name. */
	| { type: 'other' };

/** Names that no event may have, as libraries use them for themselves. */
const RESERVED = new Set(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']);

/** @returns undefined if it is not a packet, or one with binary attachments */
export function readSocketPacket(text: string): SocketPacket | undefined {
	// A namespace may have any characters but a comma; ids that are no safe numbers are nobody's.
	const head = /^([0-4])(?:(\/[^,]*)(?:,|$))?(\d{1,15})?/.exec(text);
	if (!head) return undefined;
	const [{ length }, type, namespace = '/', id] = head;
	const hasData = text.length > length;
	const data = hasData ? parsed(text.slice(length)) : undefined;
	const packet = read(type, data, hasData, id === undefined ? undefined : Number(id));
	return packet && namespace !== '/' ? { type: 'other' } : packet;
}

function read(
	type: string | undefined,
	data: unknown,
	hasData: boolean,
	id: number | undefined,
): SocketPacket | undefined {
	switch (type) {
		case '0': {
			if (hasData && !isObject(data)) return undefined;
			const sid = isObject(data) ? data.sid : undefined;
			return { type: 'connected', sid: typeof sid === 'string' ? sid : undefined };
		}
		case '1':
			return hasData ? undefined : { type: 'disconnected' };
		case '2': {
			if (!Array.isArray(data)) return undefined;
			const [name, ...args] = data as unknown[];
			if (typeof name === 'number') return { type: 'other' };
			if (typeof name !== 'string' || RESERVED.has(name)) return undefined;
			return { type: 'event', name, args, id };
		}
		case '3':
			return Array.isArray(data) ? { type: 'other' } : undefined;
		case '4': {
			const message = isObject(data) ? data.message : data;
			if (typeof data !== 'string' && !isObject(data)) return undefined;
			return { type: 'connectError', message: typeof message === 'string' ? message : undefined };
		}
		default:
			return undefined;
	}
}

/** Our wish to connect to the namespace "/". */
export const CONNECT = '0';
/** Our goodbye. */
export const DISCONNECT = '1';

export const eventPacket = (name: string, ...args: object[]): string => `2${JSON.stringify([name, ...args])}`;

/** The answer to an event that asked for it. */
export const acknowledgement = (id: number, ...answer: object[]): string => `3${id}${JSON.stringify(answer)}`;

/** However deeply it is nested, it does no harm until somebody walks through it: `isTooDeep` tells before. */
function parsed(json: string): unknown {
	try {
		return JSON.parse(json);
	} catch {
		return undefined;
	}
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isPositive = (value: unknown): value is number => typeof value === 'number' && value > 0;
