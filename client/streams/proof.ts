import { CognigyError } from '../errors';
import { backoffMs } from '../call/backoff';
import { sleep, type Clock } from '../time/clock';
import type { StreamOptions } from '../types';

/** Resolves when the service has let the caller in. @throws {CognigyError} why it does not; the signal's reason */
export type Prove = (signal: AbortSignal) => Promise<void>;

/**
 * Waits until whoever reads has shown that he may: a session may be asked for in the way of another reader, who has a
 * login that works, and then nobody would notice that this one has none. Faults are ridden out with back-off.
 * @returns whether he has, as opposed to `signal` having ended this
 */
export async function untilProven(
	prove: Prove,
	options: StreamOptions & { clock: Clock; random: () => number },
): Promise<boolean> {
	const { clock, random, signal, onTrouble, onRecovered } = options;
	for (let failures = 0; ; failures++) {
		if (signal.aborted) return false;
		try {
			await prove(signal);
			if (failures > 0) onRecovered?.();
			return true;
		} catch (error) {
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have aborted meanwhile
			if (signal.aborted) return false;
			if (!(error instanceof CognigyError)) throw error;
			onTrouble?.(error);
			await sleep(clock, (error.retryAfterMs ?? 0) + backoffMs(failures, random()), signal).catch(() => {});
		}
	}
}
