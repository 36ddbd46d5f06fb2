import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/v4';
import { executionError, nodeOutput, type N8nClient, type StoredWorkflow } from '../n8n-host';
import { explain } from './explain';
import { step, type Block } from './terminal';

const itemSchema = z.looseObject({
	sessionId: z.string(),
	userId: z.string(),
	timestamp: z.string(),
	text: z.string(),
});

/** What the workflow was given when the bot said something. */
export interface BotMessage extends z.infer<typeof itemSchema> {
	/** The execution that it started. */
	readonly executionId: string;
}

/** The name of the node whose output tells what a bot has said. */
const messageNode = 'Message';

/** How long the bot's answer may take to start the workflow. */
const patienceMs = 15_000;
const lookEveryMs = 100;

export interface BotQuestion {
	/** What to say while waiting. */
	readonly title: string;
	readonly client: N8nClient;
	readonly workflow: StoredWorkflow;
	readonly sessionId: string;
	readonly signal: AbortSignal;
}

/**
 * Waits for the first execution that the bot has started in a session.
 * @throws when there is none
 */
export async function waitForTheBot({ title, signal, ...question }: BotQuestion): Promise<BotMessage> {
	return await step(
		title,
		async () => {
			const deadline = Date.now() + patienceMs;
			for (;;) {
				const message = await lookForMessage(question);
				if (message) return message;
				if (Date.now() > deadline) throw new Error("The bot's answer has not started the workflow.");
				await sleep(lookEveryMs, undefined, { signal });
			}
		},
		({ executionId }) => `execution ${executionId}`,
	);
}

/** @throws when an execution has failed */
async function lookForMessage({
	client,
	workflow,
	sessionId,
}: Pick<BotQuestion, 'client' | 'workflow' | 'sessionId'>): Promise<BotMessage | undefined> {
	for (const { id } of await client.executions(workflow)) {
		const execution = await client.waitForExecution(id);
		if (executionError(execution)) throw new Error(explain(execution));
		const messages = nodeOutput(execution, messageNode).map((item) => itemSchema.parse(item));
		const message = messages.find((one) => one.sessionId === sessionId);
		if (message) return { ...message, executionId: id };
	}
	return undefined;
}

export function messageBlock(title: string, { executionId, userId, text }: BotMessage): Block {
	return {
		title,
		rows: [
			['execution', executionId],
			['user', userId],
			['text', text],
		],
	};
}
