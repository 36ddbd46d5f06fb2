import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { PACKED_PACKAGE } from './support';

/** Takes away what globalSetup.ts has packed: it runs before there is a temporary folder of the run. */
export default function globalTeardown(): void {
	const tarball = process.env[PACKED_PACKAGE];
	if (tarball) rmSync(dirname(tarball), { recursive: true, force: true });
}
