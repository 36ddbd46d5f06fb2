// In a file of its own, so that tests can shorten it.

/** Time for a connection, until the endpoint says that it is ready, in ms. */
export const DIAL_MS = 15_000;
