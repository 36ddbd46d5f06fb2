import type { IncomingMessage } from 'node:http';

import { pathOf } from './httpServer';

/** Begins the paths of the sandbox's own routes, which the real service does not have. */
const CONTROL_PREFIX = '/sandbox/';

/** How many sessions a list shows. */
const MAX_LISTED = 1000;

/** Whether it is for the sandbox's own routes: those are in no journal, stats or log. */
export function isForControl(request: IncomingMessage): boolean {
	return pathOf(request).startsWith(CONTROL_PREFIX);
}

/** Sessions as a list shows them. @param all the newest at the end */
export function listed<Session>(all: readonly Session[]): { total: number; newestFirst: Session[] } {
	return { total: all.length, newestFirst: all.slice(-MAX_LISTED).reverse() };
}

/** A body of any content type: whoever types JSON into curl need not name it. */
export function asText(body: unknown): string {
	return typeof body === 'string' ? body : '';
}
