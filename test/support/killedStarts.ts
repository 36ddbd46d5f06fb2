import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSandbox } from '../../sandbox';
import { bundleWorker, endWorkers, startWorker } from './budgetProcesses';
import type { Delivered, Delivery, DeliverySetup } from './deliveryWorker';
import { passOn } from './passOn';

/** How far a start has come when its process is killed, and what then is true of it. */
const MOMENTS = [
	{ moment: 'claimed, but not sent: its login takes long', holds: 'login', runs: 0 },
	{ moment: 'sent, but not run', holds: 'start', runs: 0 },
	{ moment: 'run, but not answered', holds: 'answer', runs: 1 },
	{ moment: 'answered', holds: 'nothing', runs: 1 },
] as const;
type Held = (typeof MOMENTS)[number]['holds'];

/** Longer than a process that is silent counts as alive, in s. */
const TIMEOUT_SECONDS = 60;

interface Aftermath {
	/** What the process that died has said. */
	first: Delivered | undefined;
	/** What another one was told, twice. */
	others: Delivered[];
	/** How often the flow has run. */
	runs: number;
	/** Its session. */
	sessionId: string | undefined;
}

/**
 * A process that dies in the middle of a start, which is then asked for again: it is never started twice (guarantee 1).
 * @param store fields of the credential that say where starts are kept, and how to take that away afterwards
 */
export function describeKilledStarts(
	name: string,
	store: () => Promise<{ fields: Record<string, unknown>; remove: () => Promise<void> }>,
): void {
	describe(`a process that is killed (-9) in the middle of a start: ${name}`, () => {
		let folder: string;
		let kept: Awaited<ReturnType<typeof store>>;
		const aftermaths = new Map<Held, Aftermath>();

		beforeAll(async () => {
			folder = await mkdtemp(join(tmpdir(), 'killed-'));
			kept = await store();
			const worker = await bundleWorker('deliveryWorker', folder);
			const place = { worker, stateFolder: folder, fields: kept.fields };
			await Promise.all(MOMENTS.map(async ({ holds }) => aftermaths.set(holds, await killAt(holds, place))));
		}, 120_000);
		afterAll(async () => {
			await endWorkers();
			await kept.remove();
			await rm(folder, { recursive: true, force: true });
		});

		it.each(MOMENTS)('$moment', ({ holds, runs }) => {
			const { first, others, sessionId, ...after } = aftermaths.get(holds) ?? { others: [] };
			expect(after).toEqual({ runs });
			expect(others).toHaveLength(2);
			for (const other of others) {
				if (holds === 'nothing') {
					expect(other).toMatchObject({ sessionId, isRepeated: true });
					expect(first).toMatchObject({ sessionId });
				} else {
					expect(first).toBeUndefined();
					expect(other.error).toMatchObject({ category: 'server', mayHaveRun: true });
					expect(other.error?.message).toContain('n8n stopped before the answer came');
					if (runs > 0) expect(other.error?.message).toContain(`session "${sessionId}"`);
				}
			}
		});
	});
}

async function killAt(
	holds: Held,
	{ worker, stateFolder, fields }: { worker: string; stateFolder: string; fields: Record<string, unknown> },
): Promise<Aftermath> {
	const sandbox = await startSandbox();
	const gateway = await startHoldingGateway(sandbox.url, holds);
	try {
		const account = { baseUrl: gateway.url, username: 'demo', password: 'demo-password', requestsPerMinute: 0 };
		const setup: DeliverySetup = { fields: { ...account, ...fields }, stateFolder, timeoutSeconds: TIMEOUT_SECONDS };
		const dying = startWorker(worker, setup);
		const said = deliver(dying, 1);
		const first = holds === 'nothing' ? await said : undefined;
		if (holds !== 'nothing') await gateway.holding;
		dying.kill('SIGKILL');
		await once(dying, 'exit');
		gateway.letPass();

		const other = startWorker(worker, setup);
		const others = await Promise.all([deliver(other, 2), deliver(other, 3)]);
		const [session, ...more] = sandbox.sessions;
		return { first, others, runs: session ? 1 + more.length : 0, sessionId: session?.sessionId };
	} finally {
		await gateway.close();
		await sandbox.close();
	}
}

async function deliver(child: ChildProcess, id: number): Promise<Delivered> {
	return await new Promise((resolve) => {
		child.on('message', (answer: Delivered) => {
			if (answer.id === id) resolve(answer);
		});
		child.send({ id, event: 'event-1' } satisfies Delivery, () => {});
	});
}

/** Something before a service that holds back what it is told to, until it is to let everything pass. */
async function startHoldingGateway(target: string, holds: Held) {
	let isHolding = holds !== 'nothing';
	let noteHold = () => {};
	const holding = new Promise<void>((resolve) => (noteHold = resolve));
	const server = createServer((incoming, response) => {
		const isStart = /\/sessions\/?$/.test(incoming.url ?? '');
		const isLogin = !isStart && incoming.method === 'POST';
		if (isHolding && ((holds === 'login' && isLogin) || (holds === 'start' && isStart))) return noteHold();
		passOn(incoming, response, target, () => {
			const isHeld = isHolding && holds === 'answer' && isStart;
			if (isHeld) noteHold();
			return isHeld;
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		holding,
		letPass: () => (isHolding = false),
		async close() {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}
