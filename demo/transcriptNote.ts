import * as z from 'zod/v4';
import { nodeOutput, type N8nClient } from '../n8n-host';
import { explain } from './explain';
import type { Post, Receiver } from './receiver';
import { filledTemplate, type FillIns } from './templates';
import { step, type Block } from './terminal';

/** The name of the node that starts it, and of the one whose output is the note. */
const startNode = 'Every 15 Minutes';
const noteNode = 'CRM Note';

const noteSchema = z.looseObject({ sessionId: z.string(), text: z.string() });

export interface TranscriptQuestion {
	readonly client: N8nClient;
	readonly file: string;
	readonly fillIns: FillIns;
	/** The session that is over. */
	readonly sessionId: string;
	readonly crm: Receiver;
}

/** Runs the workflow once, as its schedule would. @returns what the CRM got of the session */
export async function handTranscriptOver({ client, file, fillIns, sessionId, crm }: TranscriptQuestion): Promise<Post> {
	return await step(`Importing the workflow ${file} and running it once`, async () => {
		const workflow = await client.createWorkflow(filledTemplate(file, fillIns));
		const execution = await client.waitForExecution(await client.runWorkflow(workflow, startNode));
		const notes = nodeOutput(execution, noteNode).map((item) => noteSchema.parse(item));
		const note = notes.find((one) => one.sessionId === sessionId);
		if (!note) throw new Error(notes.length > 0 ? `There is no note of session ${sessionId}.` : explain(execution));
		return await crm.received(({ path, body }) => path === '/notes' && body.text === note.text);
	});
}

/** Where the CRM takes notes. */
export function notesFillIn({ url }: Receiver): FillIns {
	return { 'Update CRM': { parameters: { url: `${url}/notes` } } };
}

export function noteBlock({ path, body, status }: Post): Block {
	const { text, ...who } = body;
	return {
		title: 'The transcript that the CRM got, once the session was over',
		rows: [
			['request', `POST ${path} -> ${status}`],
			...Object.entries(who),
			...String(text)
				.split('\n')
				.map((line) => ['text', line] as const),
		],
	};
}
