import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** All PEM. The key of the certificate authority is thrown away once the server's certificate is signed. */
export interface TlsMaterial {
	key: string;
	cert: string;
	/** What a client must trust: the content of NODE_EXTRA_CA_CERTS, or `ca` of a Node TLS client. */
	ca: string;
}

const VALID_FOR_DAYS = 365;
const DAY_MS = 24 * 60 * 60_000;

/** Makes a certificate for localhost, 127.0.0.1 and ::1, signed by a certificate authority made for it alone. */
export async function createTlsMaterial(): Promise<TlsMaterial> {
	// Loaded on first use: it takes longer to load than the rest of the sandbox takes to start.
	const { generate } = await import('selfsigned');
	const shared = {
		keyType: 'ec',
		algorithm: 'sha256',
		// A little back, for clients whose clock is slow.
		notBeforeDate: new Date(Date.now() - DAY_MS),
		notAfterDate: new Date(Date.now() + VALID_FOR_DAYS * DAY_MS),
	} as const;
	// A name of its own: clients look an issuer up by name, and one that trusts two sandboxes would take the wrong one.
	const authority = await generate([{ name: 'commonName', value: `Cognigy sandbox CA ${randomUUID()}` }], {
		...shared,
		extensions: [
			{ name: 'basicConstraints', cA: true, critical: true },
			{ name: 'keyUsage', keyCertSign: true, critical: true },
		],
	});
	const server = await generate([{ name: 'commonName', value: 'localhost' }], {
		...shared,
		ca: { key: authority.private, cert: authority.cert },
		extensions: [
			{ name: 'basicConstraints', cA: false, critical: true },
			{ name: 'keyUsage', digitalSignature: true, critical: true },
			{ name: 'extKeyUsage', serverAuth: true },
			{
				name: 'subjectAltName',
				altNames: [
					{ type: 2, value: 'localhost' },
					{ type: 7, ip: '127.0.0.1' },
					{ type: 7, ip: '::1' },
				],
			},
		],
	});
	return { key: server.private, cert: server.cert, ca: authority.cert };
}

export interface StoredTlsMaterial extends TlsMaterial {
	/** The path of the PEM file for NODE_EXTRA_CA_CERTS. */
	caFile: string;
}

/** Reads the certificate of an earlier run, so that clients which trust it need no restart; else makes and stores one. */
export async function loadOrCreateTlsMaterial(directory: string): Promise<StoredTlsMaterial> {
	const files = { key: join(directory, 'key.pem'), cert: join(directory, 'cert.pem'), ca: join(directory, 'ca.pem') };
	const stored = await readMaterial(files);
	if (stored && isUsable(stored)) return { ...stored, caFile: files.ca };

	const material = await createTlsMaterial();
	await mkdir(directory, { recursive: true });
	await writeFile(files.key, material.key, { mode: 0o600 });
	await writeFile(files.cert, material.cert);
	await writeFile(files.ca, material.ca);
	return { ...material, caFile: files.ca };
}

async function readMaterial(files: Record<keyof TlsMaterial, string>): Promise<TlsMaterial | undefined> {
	try {
		const [key, cert, ca] = await Promise.all([files.key, files.cert, files.ca].map((file) => readFile(file, 'utf8')));
		return key && cert && ca ? { key, cert, ca } : undefined;
	} catch {
		return undefined;
	}
}

function isUsable({ key, cert, ca }: TlsMaterial): boolean {
	try {
		const certificate = new X509Certificate(cert);
		const isFresh = Date.parse(certificate.validTo) > Date.now() + DAY_MS;
		const fitsTogether =
			certificate.checkPrivateKey(createPrivateKey(key)) && certificate.verify(new X509Certificate(ca).publicKey);
		return isFresh && fitsTogether;
	} catch {
		return false;
	}
}
