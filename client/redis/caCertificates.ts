import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----/gs;

/**
 * Certificates (PEM) as people paste them: a field of one line makes spaces of line ends, and settings may hold `\n`.
 * @returns with their lines; undefined where there is none, or one that cannot be read
 */
export function readCertificates(text: string): string | undefined {
	const found = Array.from(text.matchAll(CERTIFICATE), ([, body = '']) => body.replace(/\\n|\s/g, ''));
	const certificates = found.map((body) => {
		const lines = body.match(/.{1,64}/g) ?? [];
		return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
	});
	return certificates.length > 0 && certificates.every(isCertificate) ? certificates.join('') : undefined;
}

function isCertificate(pem: string): boolean {
	try {
		return new X509Certificate(pem).raw.length > 0;
	} catch {
		return false;
	}
}
