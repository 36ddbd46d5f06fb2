import { Decoder, Encoder, PacketType } from 'socket.io-parser';
import { decodePacket, encodePacket } from 'engine.io-parser';
import fc from 'fast-check';

import {
	acknowledgement,
	CONNECT,
	DISCONNECT,
	ENGINE,
	eventPacket,
	readOpenPacket,
	readSocketPacket,
} from '../../../../../../client/cognigyAi/socket/web/packets';

// The library writes what our codec reads, and reads what it writes.

const encoded = (packet: object): string => String(new Encoder().encode(packet as never)[0]);

function decoded(text: string): unknown {
	let packet: unknown;
	const decoder = new Decoder();
	decoder.on('decoded', (one: unknown) => (packet = one));
	decoder.add(text);
	return packet;
}

const json = fc.jsonValue();
const jsonObject = fc.dictionary(fc.string(), json);
const reserved = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
const eventName = fc.string().filter((name) => !reserved.includes(name));
const id = fc.option(fc.nat(), { nil: undefined });
/** Of another namespace than ours. */
const namespace = fc.string({ minLength: 1 }).map((name) => `/${name.replaceAll(',', '')}x`);
/** As it is after it was written and read: without `-0`, for one. */
const asRead = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

it('reads events as the library writes them', () => {
	fc.assert(
		fc.property(eventName, fc.array(json), id, (name, args, number) => {
			const text = encoded({ type: PacketType.EVENT, nsp: '/', data: [name, ...args], id: number });
			expect(readSocketPacket(text)).toEqual({ type: 'event', name, args: asRead(args), id: number });
		}),
	);
});

it('reads what else the library writes', () => {
	fc.assert(
		fc.property(jsonObject, fc.string(), fc.array(json), fc.nat(), (more, text, answer, number) => {
			const read = (packet: object) => readSocketPacket(encoded({ nsp: '/', ...packet }));
			expect(read({ type: PacketType.CONNECT })).toEqual({ type: 'connected', sid: undefined });
			expect(read({ type: PacketType.CONNECT, data: { ...more, sid: text } })).toEqual({
				type: 'connected',
				sid: text,
			});
			expect(read({ type: PacketType.DISCONNECT })).toEqual({ type: 'disconnected' });
			expect(read({ type: PacketType.ACK, data: answer, id: number })).toEqual({ type: 'other' });
			expect(read({ type: PacketType.CONNECT_ERROR, data: { ...more, message: text } })).toEqual({
				type: 'connectError',
				message: text,
			});
			expect(read({ type: PacketType.EVENT, data: [number] })).toEqual({ type: 'other' });
		}),
	);
});

it('leaves alone what is of another namespace', () => {
	const data = fc.oneof(
		fc.record({ type: fc.constant(PacketType.EVENT), data: fc.tuple(eventName, json), id }),
		fc.record({ type: fc.constant(PacketType.CONNECT), data: jsonObject }),
		fc.record({ type: fc.constantFrom(PacketType.CONNECT, PacketType.DISCONNECT) }),
	);
	fc.assert(
		fc.property(data, namespace, (packet, nsp) => {
			expect(readSocketPacket(encoded({ ...packet, nsp }))).toEqual({ type: 'other' });
		}),
	);
});

it('takes no binary attachments', () => {
	const text = encoded({ type: PacketType.EVENT, nsp: '/', data: ['output', Buffer.from('x')], id: 1 });
	expect(text).toMatch(/^51-/);
	expect(readSocketPacket(text)).toBeUndefined();
});

it('never throws, and takes nothing for valid that the library does not', () => {
	const almost = fc
		.tuple(fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', ''), fc.constantFrom('', '/', '/a', '/a,', ','))
		.chain(([type, nsp]) =>
			fc
				.tuple(fc.oneof(fc.constant(''), fc.nat().map(String)), fc.oneof(fc.json(), fc.string(), fc.constant('["a"]')))
				.map(([number, rest]) => type + nsp + number + rest),
		);
	fc.assert(
		fc.property(fc.oneof(almost, fc.string()), (text) => {
			if (readSocketPacket(text) === undefined) return;
			expect(() => decoded(text)).not.toThrow();
		}),
		{ numRuns: 1_000 },
	);
});

it('writes what the library reads', () => {
	fc.assert(
		fc.property(eventName, fc.array(jsonObject, { minLength: 1 }), fc.nat(), (name, args, number) => {
			expect(decoded(eventPacket(name, ...args))).toEqual({
				type: PacketType.EVENT,
				nsp: '/',
				data: [name, ...(asRead(args) as unknown[])],
			});
			expect(decoded(acknowledgement(number, ...args))).toEqual({
				type: PacketType.ACK,
				nsp: '/',
				id: number,
				data: asRead(args),
			});
		}),
	);
	expect(decoded(CONNECT)).toEqual({ type: PacketType.CONNECT, nsp: '/' });
	expect(decoded(DISCONNECT)).toEqual({ type: PacketType.DISCONNECT, nsp: '/' });
});

it('calls the packets of Engine.IO what the library calls them', () => {
	for (const [type, character] of Object.entries(ENGINE)) {
		encodePacket({ type: type as keyof typeof ENGINE, data: 'x' }, true, (text) => expect(text).toBe(`${character}x`));
		expect(decodePacket(`${character}x`)).toEqual({ type, data: 'x' });
	}
});

describe('the open packet', () => {
	const usual = { sid: 'e', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 };

	it('is read', () => {
		const { pingInterval, pingTimeout, maxPayload } = usual;
		expect(readOpenPacket(JSON.stringify(usual))).toEqual({ pingInterval, pingTimeout, maxPayload });
		expect(readOpenPacket(JSON.stringify({ ...usual, maxPayload: undefined }))).toMatchObject({ maxPayload: Infinity });
	});

	it.each([
		['no JSON', '{"sid"'],
		['nothing', ''],
		['a list', '[]'],
		['null', 'null'],
		...Object.entries({ sid: 5, pingInterval: 0, pingTimeout: -1, maxPayload: 'x' }).map(([key, value]) => [
			`a wrong ${key}`,
			JSON.stringify({ ...usual, [key]: value }),
		]),
		['no heartbeat', '{"sid":"e"}'],
		['null for a time', JSON.stringify({ ...usual, pingTimeout: null })],
	])('is not valid as %s', (_what, text) => {
		expect(readOpenPacket(text)).toBeUndefined();
	});
});
