import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { startReceiver, type Receiver } from '../../demo/receiver';
import { installPackage, N8nClient, packPackage, startN8n, type N8nServer } from '../../n8n-host';
import { seededRandom } from '../../sandbox';
import { withWorkplace } from '../../bench/service';
import { AiSide } from './aiSide';
import { Books } from './books';
import { Calls } from './calls';
import { countChecksOf } from './countChecks';
import type { Sample, Watched } from './course';
import { flatChecksOf } from './flatChecks';
import { findingsIn } from './logFindings';
import { pause } from './pause';
import { Probe } from './probe';
import { expiredNotReset } from './registrySize';
import { restChecksOf, type RestCheck } from './restChecks';
import type { SoakResult } from './result';
import type { HttpVersion, Side } from './side';
import { Trouble } from './trouble';
import { V1Side } from './v1Side';
import { Watcher } from './watcher';

export interface SoakOptions {
	minutes: number;
	seed: number;
	/** That the services offer. */
	http: HttpVersion;
	/** Ends it before its time; it rejects. */
	signal: AbortSignal;
	/** Takes one line about the progress. */
	report: (line: string) => void;
	/** A folder for two heap snapshots: after a third of the time, and at the end of the load. */
	snapshotFolder?: string;
	/** Where every token is written that the sandbox issues. */
	tokenFile: string;
}

/**
 * After so many minutes as many sessions end to be followed as begin: those of Cognigy.AI a minute and another five after
 * their start. The middle third must not begin before.
 */
const STEADY_AFTER_MINUTES = 7;
const TICK_MS = 500;
const SAMPLES = 180;
const SHORTEST_SAMPLE_MS = 2_000;
const REPORT_EVERY_MS = 60_000;
/** Services restart more often in a run that is shorter than this, in minutes. */
const LONG_RUN_MINUTES = 4;
/** How long what is under way when the load ends may take, in ms; then, how long is listened for what comes twice. */
const SETTLE_MS = 120_000;
const LISTEN_MS = 8_000;
/** For n8n to come to rest after its start, in ms; then, after the load, until the last session is followed no more. */
const CALM_MS = 5_000;
const REST_MS = 8 * 60_000;
const REST_LOOK_MS = 10_000;

/** Everything that n8n runs with here, and nothing of n8n's own that would grow: it keeps no executions. */
const n8nSettings = {
	EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none',
	EXECUTIONS_DATA_SAVE_ON_ERROR: 'none',
	// There is no Code node: n8n need not start a process for it.
	N8N_RUNNERS_MODE: 'external',
	N8N_RUNNERS_AUTH_TOKEN: 'not-used',
};

/** Lets n8n work for a while with everything that goes wrong, and looks what has become of it. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
	return await withWorkplace(async ({ folder, tls, caFile }) => {
		const random = seededRandom(options.seed);
		const probe = new Probe(folder);
		const closing: Array<() => Promise<unknown>> = [];
		try {
			const receiver = await startReceiver();
			closing.push(() => receiver.close());
			const sides: Side[] = [];
			for (const open of [V1Side.open, AiSide.open]) {
				const side = await open({ tls, random, http: options.http });
				closing.push(() => side.close());
				sides.push(side);
			}
			await installOurPackage(folder);
			options.report('Starting n8n ...');
			const { signal } = options;
			const n8n = await startN8n({ userFolder: folder, caFile, env: { ...n8nSettings, ...probe.environment }, signal });
			closing.push(() => n8n.stop());
			const client = new N8nClient(n8n.url);
			await client.signIn();
			for (const side of sides) await side.publish(client, receiver.url);
			const registryFile = join(folder, '.n8n', 'cognigy-sessions.sqlite');
			const ports = sides.flatMap(({ gates }) => gates.map(({ port }) => port));
			const watched = { pid: n8n.pid, probe, ports, registryFile };
			return await new Soak(options, random, n8n, sides, receiver, watched).run();
		} finally {
			for (const close of closing.reverse()) await close();
		}
	});
}

async function installOurPackage(userFolder: string): Promise<void> {
	const tarball = await packPackage();
	try {
		await installPackage(tarball, userFolder);
	} finally {
		rmSync(dirname(tarball), { recursive: true });
	}
}

class Soak {
	readonly #books: Books;
	readonly #watcher: Watcher;

	constructor(
		private readonly options: SoakOptions,
		private readonly random: () => number,
		private readonly n8n: N8nServer,
		private readonly sides: readonly Side[],
		receiver: Receiver,
		private readonly watched: Watched,
	) {
		this.#books = new Books(sides, receiver);
		this.#watcher = new Watcher(watched, n8n, options.snapshotFolder);
	}

	async run(): Promise<SoakResult> {
		const { minutes, seed, http, signal } = this.options;
		const isFlatnessJudged = minutes / 3 >= STEADY_AFTER_MINUTES;
		await this.#tickFor(CALM_MS);
		const before = await this.#watcher.now();
		const calls = new Calls(this.n8n.url);
		const trouble = new Trouble(this.sides, { random: this.random, haste: Math.max(1, LONG_RUN_MINUTES / minutes) });
		try {
			trouble.begin();
			calls.begin(this.sides.flatMap(({ callers }) => callers));
			await this.#load(minutes * 60_000);
		} finally {
			calls.stop();
			await trouble.end();
		}
		signal.throwIfAborted();
		const loadEndedAt = Date.now();
		await this.#settle(calls, loadEndedAt);
		const rest = isFlatnessJudged && before ? await this.#restAsIn(before) : [];
		signal.throwIfAborted();
		return {
			workload: { minutes, seed, http, restarts: trouble.restarts, ...this.#books.workload() },
			counts: countChecksOf({
				sides: this.sides,
				expiredNotReset: expiredNotReset(this.watched.registryFile, loadEndedAt),
				log: findingsIn(this.n8n.log(), this.#secrets()),
				hasN8nSurvived: !this.#watcher.hasN8nEnded,
			}),
			flat: flatChecksOf(this.#watcher.samples),
			isFlatnessJudged,
			rest,
			course: this.#watcher.samples,
		};
	}

	/** Lets n8n work, and takes samples. */
	async #load(ms: number): Promise<void> {
		const { signal, report } = this.options;
		const sampleEveryMs = Math.max(SHORTEST_SAMPLE_MS, ms / SAMPLES);
		const beganAt = Date.now();
		let [sampleAt, reportAt, snapshotAt] = [beganAt + sampleEveryMs, beganAt + REPORT_EVERY_MS, beganAt + ms / 3];
		await this.#tickUntil(
			async () => {
				const now = Date.now();
				if (now >= sampleAt) {
					sampleAt += sampleEveryMs;
					await this.#watcher.takeSample();
				}
				if (now >= reportAt) {
					reportAt += REPORT_EVERY_MS;
					const minute = Math.round((now - beganAt) / 60_000);
					report(`  ${minute} min: ${this.#books.summary}; ${this.#watcher.summary}`);
				}
				if (now >= snapshotAt) {
					snapshotAt = Infinity;
					await this.#watcher.takeSnapshot('a-third');
				}
				return false;
			},
			{ ms, isTalking: true },
		);
		if (!signal.aborted) await this.#watcher.takeSnapshot('end');
	}

	/** What is under way when the load ends comes to its end. */
	async #settle(calls: Calls, loadEndedAt: number): Promise<void> {
		let areAnswered = false;
		void calls.ended().then(() => (areAnswered = true));
		await this.#tickUntil(() => areAnswered, { ms: SETTLE_MS });
		const isReset = () => expiredNotReset(this.watched.registryFile, loadEndedAt) === 0;
		await this.#tickUntil(() => this.#books.isAllOut && isReset(), { ms: SETTLE_MS });
		await this.#tickFor(LISTEN_MS);
	}

	/** Waits until n8n holds no more than before the load. @returns what it holds then, or in the end */
	async #restAsIn(before: Sample): Promise<RestCheck[]> {
		this.options.report('  The load is over. Waiting until all that it began has ended ...');
		let checks: RestCheck[] = [];
		for (const giveUpAt = Date.now() + REST_MS; Date.now() < giveUpAt; await this.#tickFor(REST_LOOK_MS)) {
			const now = await this.#watcher.now();
			if (!now || this.options.signal.aborted) break;
			checks = restChecksOf(before, now);
			if (checks.every(({ isBack }) => isBack)) break;
		}
		return checks;
	}

	async #tickFor(ms: number): Promise<void> {
		await this.#tickUntil(() => false, { ms });
	}

	async #tickUntil(
		isEnough: () => boolean | Promise<boolean>,
		{ ms, isTalking = false }: { ms: number; isTalking?: boolean },
	): Promise<void> {
		const { signal } = this.options;
		const until = Date.now() + ms;
		while (Date.now() < until && !signal.aborted && !this.#watcher.hasN8nEnded) {
			this.#books.tick(isTalking);
			if (await isEnough()) return;
			await pause(TICK_MS, signal);
		}
	}

	#secrets(): string[] {
		const tokens = readFileSync(this.options.tokenFile, 'utf8').split('\n').filter(Boolean);
		return [...tokens, ...this.sides.flatMap(({ secrets }) => secrets)];
	}
}
