import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';

const TIMEOUT_MS = 10_000;

export interface PostOptions {
	/** `user:password` for Basic Auth. */
	auth?: string | undefined;
	/** The certificate authority that the other side must be of, with https. */
	ca?: string | undefined;
}

/**
 * Posts JSON, and to this machine only: what is typed into a sandbox by mistake must not reach anybody.
 *
 * @returns the answer
 */
export async function postToThisMachine(
	address: string,
	body: string,
	{ auth, ca }: PostOptions,
): Promise<{ status: number; text: string }> {
	const url = URL.parse(address);
	if (!url || !isLoopback(url.hostname)) throw new Error('The sandbox posts to this machine only.');
	const request = (url.protocol === 'https:' ? https : http).request(url, {
		method: 'POST',
		agent: false,
		ca,
		auth,
		headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
		timeout: TIMEOUT_MS,
	});
	return await new Promise((resolve, reject) => {
		request.on('timeout', () => request.destroy(new Error('There was no answer in time.')));
		request.on('error', reject);
		request.on('response', (response) => {
			const chunks: Buffer[] = [];
			response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
			response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
		});
		request.end(body);
	});
}

function isLoopback(hostname: string): boolean {
	return hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
}
