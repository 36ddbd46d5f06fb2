/** Shorter secrets would blank out half of every message and are guessed anyway. */
const MIN_SECRET_LENGTH = 4;

/** Replaces every secret in a text that came from outside, e.g. a service that echoes our header (guarantee 6). */
export function redact(text: string, secrets: readonly string[]): string {
	return secrets
		.filter((secret) => secret.length >= MIN_SECRET_LENGTH)
		.reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text);
}
