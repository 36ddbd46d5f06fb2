import * as z from 'zod/v4';

import type { StoredWorkflow } from '../../../../n8n-host';
import { emittedIn, type Emitted } from '../../emittedItems';
import type { PostgresServer } from '../postgres';

/**
 * Keeps what each execution was given when n8n made it, from now on: of one that dies with its worker, n8n itself keeps
 * nothing but that.
 * @param postgres n8n's, with its tables
 */
export async function keepWhatIsGiven(postgres: PostgresServer): Promise<void> {
	await postgres.query(`
		CREATE TABLE given (execution_id integer, data text);
		CREATE FUNCTION keep_given() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN INSERT INTO given VALUES (NEW."executionId", NEW.data); RETURN NEW; END $$;
		CREATE TRIGGER keep_given AFTER INSERT ON execution_data FOR EACH ROW EXECUTE FUNCTION keep_given();`);
}

const rowSchema = z.object({ data: z.string() });

/** What a trigger node has given to the executions of its workflow, in the order in which n8n made them. */
export async function givenBy(postgres: PostgresServer, { id }: StoredWorkflow, node: string): Promise<Emitted[]> {
	const rows = await postgres.query(`
		SELECT json_build_object('data', given.data) FROM given JOIN execution_entity ON execution_id = id
		WHERE "workflowId" = '${id}' ORDER BY id`);
	return rows.map((row) => emittedIn(rowSchema.parse(JSON.parse(row)).data, node));
}

/** The executions of a workflow that ended in one of these ways, or are in one of these states. */
export async function executionsIn(
	postgres: PostgresServer,
	{ id }: StoredWorkflow,
	statuses: readonly string[],
): Promise<string[]> {
	const wanted = statuses.map((status) => `'${status}'`).join();
	return await postgres.query(
		`SELECT id FROM execution_entity WHERE "workflowId" = '${id}' AND status IN (${wanted}) ORDER BY id`,
	);
}
