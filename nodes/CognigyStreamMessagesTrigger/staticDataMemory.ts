import type { ITriggerFunctions } from 'n8n-workflow';

import type { DeliveredMemory } from '../../client';

/** So many ids of messages are kept; the oldest go first. n8n writes all of them each time it starts an execution. */
const MAX_IDS = 1_000;

/**
 * What was delivered of one session, in the static data of the workflow: n8n saves that when it starts an execution, and
 * has it again after a restart.
 */
export function staticDataMemory(context: ITriggerFunctions, sessionId: string): DeliveredMemory {
	const staticData = context.getWorkflowStaticData('node');
	let known = storedIds(staticData['delivered'], sessionId);
	const newest = () => known.slice(-MAX_IDS);
	const without = (ids: readonly string[]) => {
		const gone = new Set(ids);
		return (id: string) => !gone.has(id);
	};
	const store = () => {
		// n8n notices only what is set on the object itself.
		staticData['delivered'] = { sessionId, ids: newest() };
	};
	return {
		ids: newest,
		add(ids) {
			// Those that are too many now go with the next: these may not be taken.
			known = [...newest().filter(without(ids)), ...new Set(ids)];
			store();
		},
		remove(ids) {
			known = known.filter(without(ids));
			store();
		},
	};
}

/** Those of another session, which the node followed before, are of no use. */
function storedIds(stored: unknown, sessionId: string): string[] {
	if (typeof stored !== 'object' || stored === null || Reflect.get(stored, 'sessionId') !== sessionId) return [];
	const ids: unknown = Reflect.get(stored, 'ids');
	return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
}
