import { abortSignalClock } from '../../time/abortSignalClock';
import type { Host } from '../edition';

/** By name; of this copy of the package only, as it can see no other. */
const kept = new Map<string, object>();

/** n8n's process as far as packages for n8n Cloud may see it: neither its environment nor its other modules. */
export const host: Host = {
	stateFolder: () => '',
	isQueueMode: () => false,
	wantsEgressPolicy: () => false,
	processWide<T extends object>(name: string, create: () => T): T {
		const known = kept.get(name) ?? create();
		kept.set(name, known);
		// One kind of thing under each name.
		return known as T;
	},
	// Newer Nodes do not warn by themselves.
	allowManyListeners: () => {},
	nextTurn: async () => await new Promise((resolve) => abortSignalClock.after(0, resolve)),
};
