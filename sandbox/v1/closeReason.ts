/** RFC 6455, section 5.5: a control frame carries 125 bytes, two of which are the code. */
export const closeReasonBytes = 123;

/** Shortens a text to what a close frame can carry; no character is cut in half. */
export function asCloseReason(text: string): string {
	return new TextDecoder().decode(Buffer.from(text).subarray(0, closeReasonBytes), { stream: true });
}
