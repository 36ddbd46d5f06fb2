import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import * as z from 'zod/v4';

import { parseRunData } from '../../n8n-host/runData';

const REGISTRY = 'cognigy-sessions.sqlite';

/** Waits when n8n has just opened the file after a crash, and puts it in order. */
function open(n8nFolder: string, file: string): DatabaseSync {
	return new DatabaseSync(join(n8nFolder, file), { readOnly: true, timeout: 10_000 });
}

/** What a trigger has given to one execution. */
export interface Emitted {
	sessionId: string;
	messageIds: string[];
	texts: string[];
}

const rowsSchema = z.array(z.object({ data: z.string() }));
const itemsSchema = z.array(
	z.object({ json: z.object({ sessionId: z.string(), messageId: z.string(), text: z.string() }) }),
);
/** An execution that has not run its first node holds what is to be given to it. */
const waitingSchema = z.object({
	executionData: z.object({
		nodeExecutionStack: z
			.tuple([z.looseObject({ data: z.looseObject({ main: z.tuple([itemsSchema]) }) })])
			.rest(z.any()),
	}),
});

/**
 * The executions that a trigger node has started, also those that a crash has cut short, in the order in which n8n made
 * them: from n8n's database.
 */
export function emittedItems(n8nFolder: string, workflowId: string, node: string): Emitted[] {
	const database = open(n8nFolder, 'database.sqlite');
	try {
		const query = `
			SELECT data FROM execution_entity JOIN execution_data ON executionId = id
			WHERE workflowId = ? ORDER BY id`;
		return rowsSchema.parse(database.prepare(query).all(workflowId)).map(({ data }) => emittedIn(data, node));
	} finally {
		database.close();
	}
}

/** @param data of an execution, as n8n stores it; it may have ended, or not have begun */
export function emittedIn(data: string, node: string): Emitted {
	const runData = parseRunData(data);
	const given =
		runData?.resultData.runData[node]?.[0]?.data?.main?.[0] ??
		waitingSchema.parse(runData).executionData.nodeExecutionStack[0].data.main[0];
	const items = itemsSchema.parse(given).map(({ json }) => json);
	const sessionIds = new Set(items.map(({ sessionId }) => sessionId));
	const [sessionId] = sessionIds;
	if (sessionId === undefined || sessionIds.size > 1) throw new Error('An execution is not of one session.');
	return { sessionId, messageIds: items.map(({ messageId }) => messageId), texts: items.map(({ text }) => text) };
}

const knownSchema = z.array(z.object({ sessionId: z.string(), messageId: z.string(), isStaged: z.number() }));

/** A message that the nodes have recorded, as emitted or as about to be. */
export type KnownMessage = z.infer<typeof knownSchema>[number];

/** What is recorded in the session registry on this machine. */
export function knownMessages(n8nFolder: string): KnownMessage[] {
	const database = open(n8nFolder, REGISTRY);
	try {
		const query = `
			SELECT session_id AS sessionId, message_id AS messageId, 0 AS isStaged
			FROM emitted JOIN consumers ON consumers.id = consumer_id
			UNION ALL
			SELECT session_id, json_extract(message.value, '$.messageId'), 1
			FROM staged_batches JOIN consumers ON consumers.id = consumer_id, json_each(payload, '$.messages') AS message`;
		return knownSchema.parse(database.prepare(query).all());
	} finally {
		database.close();
	}
}

/** How many messages are recorded as emitted. */
export function countEmitted(n8nFolder: string): number {
	const database = open(n8nFolder, REGISTRY);
	try {
		return Number(database.prepare('SELECT count(*) AS count FROM emitted').get()?.['count']);
	} finally {
		database.close();
	}
}
