import { installN8n } from '../../n8n-host';
import { n8nMajor } from './support';

/** Installing n8n takes minutes, and belongs to no test. */
export default async function globalSetup(): Promise<void> {
	await installN8n(n8nMajor);
}
