import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startN8n, type N8nInstallation, type N8nServer } from '../../n8n-host';
import { compile } from '../loops/compile';
import { PACKAGE_FOLDER, SAMPLE_FILE, SAMPLE_SIGNAL, type Sample } from './sample';

/** For n8n to come to rest after its start, in ms. */
export const SETTLE_MS = 5_000;
const LOOK_EVERY_MS = 50;
const SAMPLE_WITHIN_MS = 30_000;

/** The line with which n8n ends its start. */
export const READY_LINE = 'Editor is now accessible';

/** One start of n8n. */
export interface Start extends Sample {
	readyMs: number;
}

export interface Place {
	userFolder: string;
	/** Of our package, where it is installed. */
	packageFolder?: string;
}

/** Starts n8n, looks at it, and stops it. */
export async function measureStart(
	installation: N8nInstallation,
	{ userFolder, packageFolder }: Place,
): Promise<Start> {
	const sampleFile = join(userFolder, 'sample.json');
	rmSync(sampleFile, { force: true });
	const n8n = await startN8n({
		installation,
		userFolder,
		env: {
			// With the time of each line, to the millisecond.
			N8N_LOG_FORMAT: 'json',
			NODE_OPTIONS: `--require "${compile(join(__dirname, 'probe.ts'))}"`,
			[PACKAGE_FOLDER]: packageFolder,
			[SAMPLE_FILE]: sampleFile,
		},
	});
	const startedAt = Date.now() - n8n.readyAfterMs;
	try {
		const readyMs = timeOf(READY_LINE, n8n.log()) - startedAt;
		await sleep(SETTLE_MS);
		return { readyMs, ...(await sampleOf(n8n, sampleFile)) };
	} finally {
		await n8n.stop();
	}
}

function timeOf(text: string, log: string): number {
	const line = log.split('\n').find((each) => each.includes(text));
	const time = Date.parse(/"timestamp":"([^"]+)"/.exec(line ?? '')?.[1] ?? '');
	if (Number.isNaN(time)) throw new Error(`n8n did not log when "${text}" was.`);
	return time;
}

async function sampleOf({ pid }: N8nServer, file: string): Promise<Sample> {
	process.kill(pid, SAMPLE_SIGNAL);
	for (const endsAt = performance.now() + SAMPLE_WITHIN_MS; !existsSync(file);) {
		if (performance.now() > endsAt) throw new Error('n8n did not say what memory it has.');
		await sleep(LOOK_EVERY_MS);
	}
	return JSON.parse(readFileSync(file, 'utf8')) as Sample;
}
