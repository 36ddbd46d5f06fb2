import { inspect } from 'node:util';

/** Everything that a log, a console, an item or a debugger could show of a value. */
export function allThatShows(value: unknown): string {
	const shown = [inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null }), String(value)];
	if (value instanceof Error) shown.push(value.message, value.stack ?? '');
	try {
		shown.push(JSON.stringify(value) ?? '');
	} catch {
		// What JSON cannot hold, JSON cannot leak.
	}
	return shown.join('\n');
}
