/** `npm run soak`: whether n8n can run our nodes for long. Everything runs on this machine and stops by itself. */
import '../e2e/recordTokens.cjs';

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { save } from '../../bench/save';
import { hasPassed, reportOf, type SoakResult } from './result';
import { HTTP_VERSIONS, type HttpVersion } from './side';
import { soak, type SoakOptions } from './soak';

const MINUTES = 30;
const QUICK_MINUTES = 1;
const SEED = 20_261_121;
/** As shells say that Ctrl+C has ended a program. */
const INTERRUPTED = 130;

const usage = `Lets the real n8n run this package's nodes for a while: webhooks that start flows, streams of messages and resets, on
both sandboxes, with faults and restarts of the services; at the same time in two n8n, over HTTP/2 and over HTTP/1.1. Looks
whether anything was lost, came twice, or grew.
Exit code 0: all is well. 1: a check failed. Needs Linux, and a machine that does nothing else: an n8n whose database waits for the
disk fails by itself. TMPDIR=/dev/shm keeps it in memory.

Usage: npm run soak -- [options]

  --minutes N         How long; default ${MINUTES}. From 21 on it is also judged whether something grows; that takes up to
                      8 more, until all that was begun has ended
  --http VERSION      Only this one, 2 or 1.1; writes nothing
  --quick             ${QUICK_MINUTES} minute, to see that all works; writes nothing
  --seed N            Of the random faults; default ${SEED}
  --snapshots FOLDER  Writes two heap snapshots of each n8n there, after a third of the time and at its end
  -h, --help          Show this text`;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			minutes: { type: 'string' },
			http: { type: 'string' },
			quick: { type: 'boolean', default: false },
			seed: { type: 'string' },
			snapshots: { type: 'string' },
			help: { type: 'boolean', short: 'h', default: false },
		},
	});
	const { quick, snapshots, help, http } = values;
	if (help) {
		console.log(usage);
		return;
	}
	if (process.platform !== 'linux') throw new Error('The soak reads /proc, which only Linux has.');
	const minutes = Number(values.minutes ?? (quick ? QUICK_MINUTES : MINUTES));
	if (!(minutes > 0 && minutes < Infinity)) throw new Error('--minutes takes a number above 0.');
	const seed = Number(values.seed ?? SEED);
	if (!Number.isInteger(seed)) throw new Error('--seed takes a whole number.');
	const versions = HTTP_VERSIONS.filter((version) => http === undefined || http === version);
	if (versions.length === 0) throw new Error(`--http takes ${HTTP_VERSIONS.join(' or ')}.`);

	const interruption = new AbortController();
	process.on('SIGINT', () => interruption.abort());
	process.on('SIGTERM', () => interruption.abort());
	const folder = mkdtempSync(join(tmpdir(), 'soak-tokens-'));
	const tokenFile = join(folder, 'tokens.txt');
	process.env['RECORDED_TOKENS'] = tokenFile;
	writeFileSync(tokenFile, '');
	try {
		const results = await soakOver(versions, interruption.signal, (http, signal) => ({
			minutes,
			seed,
			http,
			tokenFile,
			signal,
			report: (line) => console.log(`${`HTTP/${http}`.padEnd(8)} ${line}`),
			...(snapshots === undefined ? {} : { snapshotFolder: folderIn(snapshots, http) }),
		}));
		const report = reportOf(results);
		console.log(`\n${report.text}\n`);
		if (!quick && http === undefined) save('soak', report);
		if (!results.every(hasPassed)) process.exitCode = 1;
	} catch (error) {
		if (!interruption.signal.aborted) throw error;
		console.error('Stopped before its time: nothing was judged or written.');
		process.exitCode = INTERRUPTED;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** All at once. When one of them fails, the others end too. */
async function soakOver(
	versions: readonly HttpVersion[],
	interruption: AbortSignal,
	optionsFor: (http: HttpVersion, signal: AbortSignal) => SoakOptions,
): Promise<SoakResult[]> {
	const failing = new AbortController();
	const signal = AbortSignal.any([interruption, failing.signal]);
	const run = async (http: HttpVersion) => await soak(optionsFor(http, signal));
	const runs = versions.map(async (http) => {
		return await run(http).catch((error: unknown) => {
			failing.abort(error);
			throw error;
		});
	});
	await Promise.allSettled(runs);
	failing.signal.throwIfAborted();
	return await Promise.all(runs);
}

function folderIn(parent: string, http: HttpVersion): string {
	const folder = resolve(parent, `http-${http}`);
	mkdirSync(folder, { recursive: true });
	return folder;
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
