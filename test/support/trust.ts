import tls from 'node:tls';

const original = tls.getCACertificates('default');

/** Makes this process trust a certificate authority, as NODE_EXTRA_CA_CERTS would. */
export function trust(caCertificate: string | undefined): void {
	if (!caCertificate) throw new Error('There is no certificate authority: was TLS turned on?');
	tls.setDefaultCACertificates([...original, caCertificate]);
}

/** For `afterEach`. */
export function distrust(): void {
	tls.setDefaultCACertificates(original);
}
