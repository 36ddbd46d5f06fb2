import { promisify } from 'node:util';
import { brotliDecompress, constants, inflateRaw, unzip } from 'node:zlib';

import { toTransportFailure } from '../failures';
import { TransportFailure } from '../transportFailure';

/** What we ask for, and understand. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

const decoders = {
	gzip: promisify(unzip),
	'x-gzip': promisify(unzip),
	deflate: inflate,
	br: promisify(brotliDecompress),
};

/** As axios and `fetch` do, takes what is there where only the last bytes of the encoding are missing. */
const lenient = { gzip: constants.Z_SYNC_FLUSH, br: constants.BROTLI_OPERATION_FLUSH };

/**
 * What a body is without its Content-Encoding; one that we do not know is left as it is.
 * @param maxBytes that come out
 * @throws {TransportFailure} `tooLarge`, or `malformed` when it is not what its encoding says
 */
export async function decompress(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
	const name = encoding.trim().toLowerCase();
	// An answer without a body may say how it would be encoded.
	if (body.length === 0 || !isKnown(name)) return body;
	try {
		const finishFlush = name === 'br' ? lenient.br : lenient.gzip;
		return await decoders[name](body, { maxOutputLength: maxBytes, finishFlush });
	} catch (error) {
		const { kind, message } = toTransportFailure(error, true);
		throw new TransportFailure(kind, message, true, true);
	}
}

function isKnown(name: string): name is keyof typeof decoders {
	return Object.hasOwn(decoders, name);
}

/** Some services leave out the header that the encoding has. */
async function inflate(body: Buffer, options: { maxOutputLength: number; finishFlush: number }): Promise<Buffer> {
	const [first = 0, second = 0] = body;
	// RFC 1950, 2.2.
	const hasHeader = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
	return await promisify(hasHeader ? unzip : inflateRaw)(body, options);
}
