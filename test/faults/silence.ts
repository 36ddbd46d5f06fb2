/** In place of client/transport/node/keepaliveTimes.ts, in ms: longer than what the clock of the matrix skips, and shorter than every time limit. */
export const PING_INTERVAL_MS = 1_200;
export const DEAD_AFTER_MS = 2_400;
