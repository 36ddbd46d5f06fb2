import { makeMemoryStore, openMemoryRegistry } from '../../../../client/registry/memoryRegistry';
import { systemClock } from '../../../../client/time/systemClock';
import { describeLeftOver } from '../../../support/leftOverContract';
import { sqliteStore } from '../../../support/registryFiles';

describeLeftOver('SQLite', sqliteStore);
describeLeftOver('memory', async () => {
	const store = makeMemoryStore({ clock: systemClock });
	return { place: 'memory', open: async () => openMemoryRegistry(store), remove: async () => {} };
});
