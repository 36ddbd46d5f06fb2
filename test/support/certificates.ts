import { generate } from 'selfsigned';

import type { ServerIdentity } from './servers';

const DAY_MS = 24 * 60 * 60_000;

/**
 * A certificate for one host name.
 * @param ca who vouches for it, if not only itself
 */
export async function selfSigned(
	host: string,
	{ isExpired = false, ca }: { isExpired?: boolean; ca?: ServerIdentity } = {},
): Promise<ServerIdentity> {
	const end = Date.now() + (isExpired ? -DAY_MS : DAY_MS);
	const { private: key, cert } = await generate([{ name: 'commonName', value: host }], {
		keyType: 'ec',
		...(ca ? { ca } : {}),
		algorithm: 'sha256',
		notBeforeDate: new Date(end - 2 * DAY_MS),
		notAfterDate: new Date(end),
		extensions: [
			{ name: 'basicConstraints', cA: ca === undefined, critical: true },
			{ name: 'subjectAltName', altNames: [host === '127.0.0.1' ? { type: 7, ip: host } : { type: 2, value: host }] },
		],
	});
	return { key, cert };
}
