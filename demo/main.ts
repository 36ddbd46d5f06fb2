/** `npm run demo`: the whole way of an order event, the bot's answer and the reset of the session, on this machine. */
import { defaultOwner } from '../n8n-host';
import { CleanUp } from './cleanUp';
import { readOptions, usage, type DemoOptions } from './options';
import { stories } from './platforms';
import type { StoryEnd } from './stage';
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
		const tellStory = stories[options.platform];
		const end = await tellStory({ n8nMajor: options.n8n, signal, cleanUp, sandboxLog });
		end.results.forEach(sayBlock);
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

function sayInvitation({ n8n, invitation }: StoryEnd): void {
	sayBlock({
		title: 'Now try it yourself',
		rows: [['n8n', n8n.url], ['login', `${defaultOwner.email} / ${defaultOwner.password}`], ...invitation],
	});
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
