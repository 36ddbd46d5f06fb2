/** How often the other side is pinged, in ms (contract section 6). */
export const PING_INTERVAL_MS = 30_000;
/** Without a sign of life for so long, in ms, a connection is dead (contract section 6). */
export const DEAD_AFTER_MS = 60_000;
