import { startSandbox, type Sandbox } from '../../sandbox';
import { runNode } from './engine';
import { credentialFor, itemsOf, startOrderBot } from './support';

let sandbox: Sandbox;
const warnings: Error[] = [];
const keepWarning = (warning: Error) => warnings.push(warning);

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
	while (sandbox.stats().inFlight < count) await new Promise(setImmediate);
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
	const cancelledAt = performance.now();
	cancel();
	await run;
	while (sandbox.stats().inFlight > 0) await new Promise(setImmediate);

	expect(performance.now() - cancelledAt).toBeLessThan(1000);
	expect(sandbox.stats().starts).toBe(20);
	expect(warnings).toEqual([]);
});
