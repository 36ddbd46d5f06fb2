/** RFC 6455, section 5.5: a control frame carries 125 bytes, two of which are the code. */
export const CLOSE_REASON_BYTES = 123;

/** Shortens a text to what a close frame can carry; no character is cut in half. */
export function asCloseReason(text: string): string {
	return new TextDecoder().decode(Buffer.from(text).subarray(0, CLOSE_REASON_BYTES), { stream: true });
}
