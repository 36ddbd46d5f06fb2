import { setTimeout as sleep } from 'node:timers/promises';

import type { Sandbox } from '../../sandbox';
import { saidNow } from './arrivals';
import { oneOf } from './started';

/** How often is looked whether messages are due, in ms. */
const TICK_MS = 10;

/** Says messages in sessions, evenly, until it is stopped; then resolves with how many. */
export function startTalk(
	sandbox: Sandbox,
	sessionIds: readonly string[],
	perSecond: number,
): { stop(): Promise<number> } {
	let isOver = false;
	const talk = async () => {
		let said = 0;
		for (const startedAt = performance.now(); !isOver; await sleep(TICK_MS)) {
			const due = ((performance.now() - startedAt) / 1000) * perSecond;
			for (; said < due; said++) sandbox.say(oneOf(sessionIds), saidNow());
		}
		return said;
	};
	const talking = talk();
	return {
		async stop() {
			isOver = true;
			return await talking;
		},
	};
}
