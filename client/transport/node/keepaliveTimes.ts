// In a file of their own, so that tests can shorten them.

/** How often the other side is pinged, in ms (docs/protocol-v1.md#runtime-channel). */
export const PING_INTERVAL_MS = 30_000;
/** Without a sign of life for so long, in ms, a connection is dead (docs/protocol-v1.md#runtime-channel). */
export const DEAD_AFTER_MS = 60_000;
