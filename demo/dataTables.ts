import * as z from 'zod/v4';
import type { N8nClient, N8nMajor } from '../n8n-host';
import { filledTemplate, type FillIns } from './templates';

const tableSchema = z.looseObject({
	tableName: z.string(),
	columns: z.object({ column: z.array(z.object({ name: z.string(), type: z.string() })) }),
});
const idSchema = z.looseObject({ id: z.string() });
const rowsSchema = z.object({ data: z.array(z.looseObject({ id: z.number() })) });
const tablesSchema = z.object({ data: z.array(z.looseObject({ id: z.string(), name: z.string() })) });

/** A row of a data table. */
export type DataRow = z.infer<typeof rowsSchema>['data'][number];

/** Where n8n serves the data tables of whoever is signed in. */
async function tablesPath(client: N8nClient): Promise<string> {
	const { id: projectId } = idSchema.parse(await client.request('GET', '/rest/projects/personal'));
	return `/rest/projects/${projectId}/data-tables`;
}

/**
 * What the sticky note of a template asks for in n8n 1, whose workflows cannot make tables: a table made by hand, and
 * chosen in the nodes that use it.
 * @param createNode name of the node that makes the table
 * @returns nothing to fill in for n8n 2
 */
export async function tableFillIns(
	client: N8nClient,
	file: string,
	n8nMajor: N8nMajor,
	createNode = 'Audit Table',
): Promise<FillIns> {
	if (n8nMajor !== '1') return {};
	const { nodes } = filledTemplate(file, {});
	const creating = nodes.find(({ name }) => name === createNode);
	const { tableName, columns } = tableSchema.parse(creating?.parameters);
	const path = await tablesPath(client);
	const table = idSchema.parse(await client.request('POST', path, { name: tableName, columns: columns.column }));
	const using = nodes.filter((node) => node.type === creating?.type && node !== creating);
	const chosen = { parameters: { dataTableId: { __rl: true, mode: 'id', value: table.id } } };
	return { [createNode]: { disabled: true }, ...Object.fromEntries(using.map(({ name }) => [name, chosen])) };
}

/** The rows of a table, over n8n's REST API; none while there is no such table. */
export async function tableRows(client: N8nClient, tableName: string): Promise<DataRow[]> {
	const path = await tablesPath(client);
	const { data: tables } = tablesSchema.parse(await client.request('GET', path));
	const [found, ...others] = tables.filter(({ name }) => name === tableName);
	if (others.length > 0) throw new Error(`There are several tables "${tableName}".`);
	if (!found) return [];
	return rowsSchema.parse(await client.request('GET', `${path}/${found.id}/rows?take=250`)).data;
}
