import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Sandbox } from '../../../../sandbox';
import type { InstalledProcess } from '../installation';
import { saidCount } from './talk';

/** Turns of the event loop: more than it needs to see to what has come over all connections. */
const TURNS = 20;
/** So much may be on its way when a process is killed in the middle of it. */
const MAX_UNCONFIRMED = 60;

/** Kills processes of n8n at moments of which it is known what may die with them. */
export class Kills {
	/** By the kills, in order: ids of what may have been on its way to the process. */
	readonly onTheirWay: string[][] = [];

	/** @param patienceMs how long such a moment may be waited for */
	constructor(
		private readonly sandbox: Sandbox,
		private readonly patienceMs: number,
	) {}

	/** All that was said is with somebody who has asked on since; n8n has yet to do most of it. */
	readonly isAllConfirmed = (): boolean => {
		const { sandbox } = this;
		return sandbox.unconfirmed().length === 0 && sandbox.stats().messagesHandedOut === saidCount(sandbox);
	};

	/** Little of it is on its way still; nothing at all if all went so fast that nobody saw it. */
	readonly isSomeUnconfirmed = (): boolean => {
		const { length } = this.sandbox.unconfirmed();
		return (length > 0 && length < MAX_UNCONFIRMED) || this.isAllConfirmed();
	};

	/** @param isTime one of these moments */
	async kill(victim: InstalledProcess, isTime: () => boolean): Promise<void> {
		const idsNow = () => this.sandbox.unconfirmed().map(({ messageId }) => messageId);
		await this.sandbox.when(isTime, this.patienceMs);
		const before = idsNow();
		await victim.kill();
		// What is said before its connections are seen to be closed would be handed out to it.
		for (let turn = 0; turn < TURNS; turn++) await nextTurn();
		this.onTheirWay.push([...before, ...idsNow()]);
	}
}
