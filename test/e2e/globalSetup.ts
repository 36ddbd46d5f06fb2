import { installN8n, packPackage } from '../../n8n-host';
import { n8nMajor, PACKED_PACKAGE } from './support';

/** Installing n8n takes minutes, and belongs to no test. The package is packed once for all that only want to have it. */
export default async function globalSetup(): Promise<void> {
	await installN8n(n8nMajor);
	process.env[PACKED_PACKAGE] = await packPackage();
}
