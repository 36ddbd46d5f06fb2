import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod/v4';
import { nodeOutput, type N8nClient, type StoredWorkflow } from '../n8n-host';
import type { Sandbox, SandboxSession } from '../sandbox';
import { explain } from './explain';
import { botMessage } from './workflows';

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

/** How long the bot's answer may take to start the workflow. */
const patienceMs = 15_000;
const lookEveryMs = 100;

/**
 * Waits for the first execution that the bot has started.
 * @throws when there is none, or when it is about another session
 */
export async function firstBotMessage(
	client: N8nClient,
	workflow: StoredWorkflow,
	sessionId: string,
	signal: AbortSignal,
): Promise<BotMessage> {
	const deadline = Date.now() + patienceMs;
	for (;;) {
		const [newest] = await client.executions(workflow, 1);
		if (newest) {
			const execution = await client.waitForExecution(newest.id);
			const [item] = nodeOutput(execution, botMessage);
			if (!item) throw new Error(explain(execution));
			const message = itemSchema.parse(item);
			if (message.sessionId === sessionId) return { ...message, executionId: execution.id };
			throw new Error(`The workflow was started for session ${message.sessionId}, not for ${sessionId}.`);
		}
		if (Date.now() > deadline) throw new Error("The bot's answer has not started the workflow.");
		await sleep(lookEveryMs, undefined, { signal });
	}
}

/** For the command line: the bot says something more in a session that n8n still follows. */
export function sayCommand(sandbox: Sandbox, { sessionId }: SandboxSession): string {
	return `curl -X POST ${sandbox.url}/sandbox/sessions/${sessionId}/messages -d '{"text": "Anything else?"}'`;
}
