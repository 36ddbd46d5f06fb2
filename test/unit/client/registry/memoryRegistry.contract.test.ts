import { makeMemoryStore, openMemoryRegistry } from '../../../../client/registry/memoryRegistry';
import { systemClock } from '../../../../client/time/systemClock';
import { describeRegistryContract } from '../../../support/registryContract';

describeRegistryContract(
	'memory',
	async () => {
		const store = makeMemoryStore({ clock: systemClock });
		return { place: 'memory', open: async () => openMemoryRegistry(store), remove: async () => {} };
	},
	['one-process', 'ends-with-process'],
);
