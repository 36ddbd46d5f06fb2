/** The registry in one file under random interleavings of several processes, some of which crash. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describeInterleavings } from '../../support/registryInterleavings';
import { openFile } from '../../support/registryFiles';

describeInterleavings('SQLite', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'interleavings-'));
	const place = join(folder, 'sessions.sqlite');
	return { place, registry: await openFile(place), remove: async () => await rm(folder, { recursive: true }) };
});
