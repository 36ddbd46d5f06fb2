/** Addresses that lead nowhere, or are no addresses but what is at them; flows also let variables without a value through. */
const NONE = /^(?:#|about:|data:|javascript:|vbscript:|blob:|(?:undefined|null)$)/i;

/** The address in a field, without space around it; empty when it is none that a person could use. */
export function addressOf(value: unknown): string {
	const address = typeof value === 'string' ? value.trim() : '';
	return NONE.test(address) ? '' : address;
}
