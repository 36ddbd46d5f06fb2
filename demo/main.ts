/** `npm run demo`: the whole way of an order event, the bot's answer and the reset of the session, on this machine. */
import { defaultOwner } from '../n8n-host';
import { CleanUp } from './cleanUp';
import { sayCommand } from './botMessage';
import { curlCommand } from './crmEvent';
import { readOptions, usage, type DemoOptions } from './options';
import { tellStory, type StoryEnd } from './story';
import { say, sayBlock } from './terminal';

/** The customary exit code of a program that was stopped before it was done. */
const interrupted = 130;

async function main(): Promise<number> {
	const options = tryReadOptions();
	if (!options) return 2;
	if (options.help) {
		say(usage);
		return 0;
	}

	const signal = stopSignal();
	const cleanUp = new CleanUp();
	let isStaying = false;
	try {
		const sandboxLog = (line: string) => isStaying && say(`  sandbox: ${line}`);
		const end = await tellStory({ n8nMajor: options.n8n, signal, cleanUp, sandboxLog });
		sayResult(end);
		if (options.once) return 0;

		sayInvitation(end);
		isStaying = true;
		return await untilStopped(end, signal);
	} catch (error) {
		if (signal.aborted) return interrupted;
		say();
		say(`The demo failed. ${error instanceof Error ? error.message : String(error)}`);
		return 1;
	} finally {
		isStaying = false;
		await cleanUp.run(say);
		if (signal.aborted) say('\nStopped. Nothing is left running.');
	}
}

function tryReadOptions(): DemoOptions | undefined {
	try {
		return readOptions(process.argv.slice(2));
	} catch (error) {
		say(error instanceof Error ? error.message : String(error));
		say();
		say(usage);
		return undefined;
	}
}

/** One Ctrl-C reaches us twice, from the terminal and passed on by the tool that runs TypeScript. */
const sameSignalMs = 1000;

/** Aborts on Ctrl-C, SIGTERM or a closed terminal. Asked again, we end at once, and n8n ends with us. */
function stopSignal(): AbortSignal {
	const controller = new AbortController();
	let firstAt = 0;
	for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
		process.on(name, () => {
			if (!controller.signal.aborted) firstAt = performance.now();
			else if (performance.now() - firstAt > sameSignalMs) process.exit(1);
			controller.abort();
		});
	}
	return controller.signal;
}

function sayResult({ answer, session, message, reset }: StoryEnd): void {
	const { audit, ...body } = answer.body;
	sayBlock(`What the CRM got back (HTTP ${answer.httpStatus})`, [
		['session', body.sessionId],
		['status', body.status],
		['latency', `${Math.round(answer.latencyMs)} ms for the whole workflow, ${audit.latencyMs} ms for the flow start`],
	]);
	sayBlock('The audit of the flow start', Object.entries(audit));
	sayBlock(
		'What was said in that session (from the sandbox)',
		session.transcript.map(({ type, text }) => [type, text] as const),
	);
	sayBlock("What the bot's answer started in n8n", [
		['execution', message.executionId],
		['user', message.userId],
		['text', message.text],
	]);
	sayBlock(
		'The audit of the reset, once the session had expired',
		Object.entries(reset).filter(([, value]) => value !== ''),
	);
}

function sayInvitation({ n8n, sandbox, session, webhook }: StoryEnd): void {
	sayBlock('Now try it yourself', [
		['n8n', n8n.url],
		['login', `${defaultOwner.email} / ${defaultOwner.password}`],
		['sandbox', `${sandbox.url}/sandbox/sessions shows every session and what was said in it`],
		['event', curlCommand(webhook)],
		['message', sayCommand(sandbox, session)],
	]);
	say();
	say('Ctrl-C stops everything.');
}

/** @returns the exit code */
async function untilStopped({ n8n }: StoryEnd, signal: AbortSignal): Promise<number> {
	const stopped = new Promise<'stopped'>((resolve) => {
		if (signal.aborted) resolve('stopped');
		signal.addEventListener('abort', () => resolve('stopped'), { once: true });
	});
	const first = await Promise.race([stopped, n8n.exited]);
	if (first === 'stopped') return 0;
	say(`n8n has ended by itself (${first.signal ?? `exit code ${first.code}`}). Its log: ${n8n.logFile}`);
	return 1;
}

void main().then((exitCode) => {
	process.exitCode = exitCode;
});
