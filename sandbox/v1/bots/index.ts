import { awkwardId } from './awkwardId';
import { claims } from './claims';
import { orderStatus } from './orderStatus';
import { returnsDraft } from './returnsDraft';
import type { ScriptedBot } from './scriptedBot';
import { slowSupport } from './slowSupport';

export type { ScriptedBot } from './scriptedBot';

/**
 * All bots of the sandbox.
 *
 * @param slowStartMs how long a start of `slow-support` takes, in ms
 */
export function createBots(slowStartMs: number): readonly ScriptedBot[] {
	return [orderStatus, slowSupport(slowStartMs), returnsDraft, awkwardId, claims];
}
