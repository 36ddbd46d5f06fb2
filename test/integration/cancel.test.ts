import { startSandbox, type Sandbox } from '../../sandbox';
import { idleTimer } from '../support/idleTime';
import { runNode } from './engine';
import { credentialFor, itemsOf, startOrderBot } from './support';

let sandbox: Sandbox;
const warnings: string[] = [];
/** Not those of listeners to the process: each test file that ran in it before may have left one. */
const keepWarning = (warning: Error & { emitter?: unknown }) => {
	if (warning.emitter !== process) warnings.push(String(warning));
};

beforeAll(async () => {
	process.on('warning', keepWarning);
	sandbox = await startSandbox();
});
afterAll(async () => {
	process.off('warning', keepWarning);
	await sandbox.close();
});

/** Resolves when so many calls hang in the sandbox. */
async function inFlight(count: number): Promise<void> {
	await sandbox.when(() => sandbox.stats().inFlight >= count);
}

it('cancelling the execution ends every call within a second, and sends nothing more (guarantee 7)', async () => {
	sandbox.faults.inject({ operation: 'start', kind: 'hang', times: 1000 });
	let cancel = () => {};

	const run = runNode({
		type: 'cognigyTriggerFlow',
		credential: credentialFor(sandbox),
		parameters: { ...startOrderBot, options: { concurrency: 20 } },
		items: itemsOf(100),
		onStart: (cancelExecution) => {
			cancel = cancelExecution;
		},
	}).catch((error: unknown) => error);
	await inFlight(20);
	const idleMs = idleTimer();
	cancel();
	await run;
	await sandbox.when(() => sandbox.stats().inFlight === 0);

	expect(idleMs()).toBeLessThan(1000);
	expect(sandbox.stats().starts).toBe(20);
	expect(warnings).toEqual([]);
});
