import { awkwardId } from './awkward-id';
import { orderStatus } from './order-status';
import { returnsDraft } from './returns-draft';
import type { ScriptedBot } from './scripted-bot';
import { slowSupport } from './slow-support';

export type { ScriptedBot } from './scripted-bot';

/**
 * All bots of the sandbox.
 *
 * @param slowStartMs how long a start of `slow-support` takes, in ms
 */
export function createBots(slowStartMs: number): readonly ScriptedBot[] {
	return [orderStatus, slowSupport(slowStartMs), returnsDraft, awkwardId];
}
