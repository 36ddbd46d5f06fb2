import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Gives back all that is not needed, also what V8 would keep for later. */
export function collectGarbage(): void {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as (options: Record<string, string>) => void;
	collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
