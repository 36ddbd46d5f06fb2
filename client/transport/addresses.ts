/**
 * @param secrets what travels to it, for the message
 * @returns what is wrong with an address of the service, or undefined; never holds the address
 */
export function addressProblem(
	address: string,
	scheme: 'http' | 'ws',
	allowInsecure: boolean,
	secrets = 'the password and the token',
): string | undefined {
	if (address === '') return 'is empty';
	if (!URL.canParse(address)) return `is not a valid address; it should look like ${scheme}s://cognigy.example.com`;
	const url = new URL(address);
	if (url.protocol !== `${scheme}:` && url.protocol !== `${scheme}s:`) return `must begin with ${scheme}s://`;
	if (url.username || url.password) return 'must not contain a user name or password';
	if (/[?#]/.test(address)) return 'must not contain "?" or "#"';
	if (url.protocol === `${scheme}:` && !allowInsecure && !isLoopback(url.hostname)) {
		return `must begin with ${scheme}s://, because ${secrets} would travel unencrypted`;
	}
	return undefined;
}

/** An address that paths can be added to, and whose scheme and host are in lower case. */
export function normalForm(address: string): string {
	return new URL(address).href.replace(/(?<!\/)\/+$/, '');
}

/** Whether the host is this machine; plain http and ws are always allowed there. */
export function isLoopback(hostname: string): boolean {
	// URLs have IPv4 addresses in one form only.
	return (
		/^127(\.\d+){3}$/.test(hostname) ||
		hostname === 'localhost' ||
		hostname.endsWith('.localhost') ||
		hostname === '[::1]'
	);
}
