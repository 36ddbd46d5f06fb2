import * as z from 'zod/v4';
import type { N8nClient, N8nMajor } from '../n8n-host';
import { filledTemplate, type FillIns } from './templates';

const tableSchema = z.looseObject({
	tableName: z.string(),
	columns: z.object({ column: z.array(z.object({ name: z.string(), type: z.string() })) }),
});
const idSchema = z.looseObject({ id: z.string() });

const createNode = 'Audit Table';
const insertNode = 'Save Audit';

/**
 * What the sticky note of the template asks for in n8n 1, whose workflows cannot make tables: a table made by hand, and
 * chosen in the node that writes to it.
 * @returns nothing to fill in for n8n 2
 */
export async function auditTableFillIns(client: N8nClient, file: string, n8nMajor: N8nMajor): Promise<FillIns> {
	if (n8nMajor !== '1') return {};
	const node = filledTemplate(file, {}).nodes.find(({ name }) => name === createNode);
	const { tableName, columns } = tableSchema.parse(node?.parameters);
	const { id: projectId } = idSchema.parse(await client.request('GET', '/rest/projects/personal'));
	const path = `/rest/projects/${projectId}/data-tables`;
	const table = idSchema.parse(await client.request('POST', path, { name: tableName, columns: columns.column }));
	return {
		[createNode]: { disabled: true },
		[insertNode]: { parameters: { dataTableId: { __rl: true, mode: 'id', value: table.id } } },
	};
}
