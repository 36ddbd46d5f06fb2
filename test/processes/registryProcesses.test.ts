/**
 * The registry in one file under random interleavings of several processes, some of which crash; and that in memory under
 * those of several users in one process.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeMemoryStore, openMemoryRegistry } from '../../client/registry/memoryRegistry';
import { systemClock } from '../../client/time/systemClock';
import { describeInterleavings } from '../support/registryInterleavings';
import { openFile } from '../support/registryFiles';
import { RegistryHandle } from '../support/registryProcesses';

describeInterleavings('SQLite', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'interleavings-'));
	const place = join(folder, 'sessions.sqlite');
	return { place, registry: await openFile(place), remove: async () => await rm(folder, { recursive: true }) };
});

describeInterleavings('memory', async () => {
	const store = makeMemoryStore({ clock: systemClock });
	const open = () => openMemoryRegistry(store);
	return { place: () => new RegistryHandle(Promise.resolve(open())), registry: open(), remove: async () => {} };
});
