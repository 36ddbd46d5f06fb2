import { brotliDecompress, constants, inflateRaw, unzip, type ZlibOptions } from 'node:zlib';

import { toTransportFailure } from '../failures';
import { TransportFailure } from '../transportFailure';

/** What we ask for, and understand. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/**
 * What a body is without its Content-Encoding; one that we do not know is left as it is. As axios and `fetch` do, takes what
 * is there where only the last bytes of the encoding are missing.
 * @param maxBytes that come out
 * @throws {TransportFailure} `tooLarge`, or `malformed` when it is not what its encoding says
 */
export async function decompress(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
	// An answer without a body may say how it would be encoded.
	if (body.length === 0) return body;
	const decoder = decoderOf(encoding.trim().toLowerCase(), body);
	if (!decoder) return body;
	const { decode, finishFlush } = decoder;
	try {
		return await new Promise<Buffer>((resolve, reject) => {
			decode(body, { maxOutputLength: maxBytes, finishFlush }, (error, decoded) => {
				if (error) reject(error);
				else resolve(decoded);
			});
		});
	} catch (error) {
		const { kind, message } = toTransportFailure(error, true);
		throw new TransportFailure(kind, message, true, true);
	}
}

type Decode = (body: Buffer, options: ZlibOptions, done: (error: Error | null, decoded: Buffer) => void) => void;

function decoderOf(name: string, body: Buffer): { decode: Decode; finishFlush: number } | undefined {
	switch (name) {
		case 'gzip':
		case 'x-gzip':
			return { decode: unzip, finishFlush: constants.Z_SYNC_FLUSH };
		case 'deflate':
			// Some services leave the header of the encoding out.
			return { decode: hasZlibHeader(body) ? unzip : inflateRaw, finishFlush: constants.Z_SYNC_FLUSH };
		case 'br':
			return { decode: brotliDecompress, finishFlush: constants.BROTLI_OPERATION_FLUSH };
		default:
			return undefined;
	}
}

/** RFC 1950, 2.2. */
function hasZlibHeader([first = 0, second = 0]: Buffer): boolean {
	return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}
