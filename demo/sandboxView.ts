import type { Block, Row } from './terminal';

/** What the sandbox knows of a session. */
export function transcriptBlock(rows: readonly Row[]): Block {
	return { title: 'What was said in that session (from the sandbox)', rows };
}

export function sandboxRow(sandboxUrl: string): Row {
	return ['sandbox', `${sandboxUrl}/sandbox/sessions shows every session and what was said in it`];
}

/** For the command line: the bot says something more in a session that n8n still follows. */
export function sayCommand(sandboxUrl: string, sessionId: string): string {
	return `curl -X POST ${sandboxUrl}/sandbox/sessions/${sessionId}/messages -d '{"text": "Anything else?"}'`;
}
