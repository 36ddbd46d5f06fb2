import type { ClientModule } from '../shared/loadClient';

/** What runs for a trigger node and can be stopped. */
export interface Stoppable {
	/** Stops at once; resolves when what was under way is recorded. Never fails. */
	stop(): Promise<void>;
}

/**
 * The triggers that run in this process. n8n may start one twice after trouble, and close only the second; the first may
 * have been started before the package was updated.
 */
export function runningTriggers({ edition }: Pick<ClientModule, 'edition'>) {
	const running = edition.host.processWide('running-triggers/1', () => new Map<string, Stoppable>());
	return {
		/**
		 * The trigger of this name runs from now on; one that ran before is stopped.
		 * @returns resolves when that one has recorded what it emitted: otherwise it would be emitted again
		 */
		async supersede(name: string, trigger: Stoppable): Promise<void> {
			const before = running.get(name);
			running.set(name, trigger);
			await before?.stop();
		},
		async stop(name: string, trigger: Stoppable): Promise<void> {
			if (running.get(name) === trigger) running.delete(name);
			await trigger.stop();
		},
	};
}
