// In a file of their own, so that tests can shorten them.

/** How long the handshake may take, in ms (docs/protocol-v1.md#runtime-channel). */
export const HANDSHAKE_MS = 10_000;

/** How long writing a frame may take, in ms (docs/protocol-v1.md#runtime-channel). */
export const WRITE_MS = 5_000;

/** Time that one answer has at least, in ms; a lost one is to leave time for another attempt. */
export const ANSWER_MS = 10_000;
