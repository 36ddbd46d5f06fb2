import { parseCognigyAiConfig } from '../../../../client/cognigyAi/config';
import type { ReleaseInputs } from '../../../../client/cognigyAi/release/inputs';
import type { CognigyAiSandboxOptions } from '../../../../sandbox';
import { callOptions, cognigyAiClient, cognigyAiSetup } from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { FakeClock } from '../../../support/fakeClock';
import { allThatShows } from '../../../support/secrets';
import { closeSetups } from '../../../support/setups';
import { v1Setup } from '../../../support/v1';

afterEach(closeSetups);

/** Longer than every pause between two looks, shorter than every time limit. In ms. */
const LONGEST_PAUSE_MS = 5_000;

async function releasing(options: CognigyAiSandboxOptions = {}, fields: Record<string, unknown> = {}) {
	const clock = new FakeClock({ skipsUpToMs: LONGEST_PAUSE_MS });
	const setup = await cognigyAiSetup({ sandbox: options, fields, clock });
	const { client, sandbox } = setup;
	const progress: string[] = [];
	const how = { ...callOptions, timeoutSeconds: 300, onProgress: (message: string) => progress.push(message) };
	const idOf = (name: string) => sandbox.endpoint(name).id;
	return {
		...setup,
		clock,
		how,
		progress,
		idOf,
		calls: (operation: keyof ReturnType<typeof sandbox.stats>['calls']) => sandbox.stats().calls[operation],
		create: async (snapshotName = 'v3.0', more: Partial<ReleaseInputs['createSnapshot']> = {}) =>
			await client.createSnapshot({ snapshotName, description: 'A test', ...more }, how),
		remove: async (snapshot: string, confirmName = snapshot) =>
			await client.deleteSnapshot({ snapshot, confirmName }, how),
		deploy: async (name: string, snapshot: string, more: Partial<ReleaseInputs['deploySnapshot']> = {}) =>
			await client.deploySnapshot(
				{ endpoint: idOf(name), deployment: { kind: 'snapshot', name: snapshot }, ...more },
				how,
			),
		rollBack: async (putBack: unknown) => await client.rollBack({ putBack }, how),
		exporting: async (more: Partial<ReleaseInputs['exportPackage']> = {}) =>
			await client.exportPackage({ packageName: 'Orders', resourceIds: [idOf('Orders REST')], ...more }, how),
	};
}

describe('createSnapshot', () => {
	it('makes one, and tells what it is', async () => {
		const { create, sandbox, progress } = await releasing();
		const made = await create();
		expect(made).toMatchObject({
			snapshotId: sandbox.snapshotId('v3.0'),
			name: 'v3.0',
			description: 'A test',
			createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
			taskId: expect.stringMatching(/^[0-9a-f]{24}$/),
			botId: sandbox.projectId,
			audit: { operation: 'createSnapshot', status: 'success', taskId: made.taskId },
		});
		expect(sandbox.snapshots).toEqual(['v1.0', 'v1.1', 'v2.0', 'v3.0']);
		expect(progress.map((line) => line.replace(made.taskId, 'T'))).toEqual([
			'Creating snapshot "v3.0": task T is queued, 0 %',
			'Creating snapshot "v3.0": task T is active, 50 %',
			'Creating snapshot "v3.0": task T is done, 100 %',
		]);
	});

	it('refuses a name that is taken, before anything is begun', async () => {
		const { create, calls, sandbox } = await releasing();
		expect(await cognigyErrorOf(create('v1.1'))).toMatchObject({
			category: 'invalidInput',
			parameter: 'snapshotName',
			message: expect.stringContaining(
				`the project has a snapshot with this name (${sandbox.snapshotId('v1.1')}, made at`,
			),
		});
		expect(calls('createSnapshot')).toBe(0);
	});

	it.each([
		[
			{ snapshotLimit: 3 },
			/Limit of allowed Snapshots reached \(3\) \(task [0-9a-f]{24}\)$/,
			/Delete one that nothing runs/,
		],
		[{}, /^Creating snapshot "v3.0" failed: Cognigy could not do it: Some reason/, /Do what the reason asks for/],
	])('says why Cognigy did not: %j', async (options, message, advice) => {
		const { create, sandbox, calls } = await releasing(options);
		if (Object.keys(options).length === 0) sandbox.planTask({ end: 'error', failReason: 'Some reason' });
		const error = await cognigyErrorOf(create());
		expect(error).toMatchObject({ category: 'rejected', mayHaveRun: false, audit: { taskId: expect.any(String) } });
		expect(error.message).toMatch(message);
		expect(error.advice).toMatch(advice);
		expect(calls('createSnapshot')).toBe(1);
	});

	it('hides the key in what Cognigy says', async () => {
		const { create, sandbox } = await releasing();
		sandbox.planTask({ end: 'error', failReason: `Nobody likes ${sandbox.apiKey}` });
		const error = await cognigyErrorOf(create());
		expect(error.message).toContain('Nobody likes ***');
		expect(allThatShows(error)).not.toContain(sandbox.apiKey);
	});

	it.each([[['queued']], [['queued', 'cancelling']]])('says that its task was cancelled: %j', async (states) => {
		const { create, sandbox } = await releasing();
		sandbox.planTask({ states, end: 'cancelled' });
		expect(await cognigyErrorOf(create())).toMatchObject({
			category: 'rejected',
			mayHaveRun: false,
			message: expect.stringContaining('somebody cancelled its task in Cognigy'),
		});
	});

	it('goes on while its task is being cancelled: it may be done all the same', async () => {
		const { create, sandbox } = await releasing();
		sandbox.planTask({ states: ['queued', 'cancelling', 'cancelling'], end: 'done' });
		expect(await create()).toMatchObject({ name: 'v3.0', audit: { status: 'success' } });
	});

	it('goes on while Cognigy says words that nobody knows, or counts steps', async () => {
		const { create, sandbox, progress } = await releasing({ taskProgress: 'steps' });
		sandbox.planTask({ states: ['queued', 'thinking', '', 'resting'] });
		expect(await create()).toMatchObject({ name: 'v3.0' });
		expect(progress.join()).toMatch(/is thinking, 25 %.*is begun, 50 %.*is resting, 75 %/);
	});

	it('makes pauses that grow', async () => {
		const { create, sandbox, clock } = await releasing();
		sandbox.planTask({ states: ['queued', 'active', 'active', 'active', 'active'] });
		await create();
		expect(clock.skipped).toEqual([1000, 1500, 2000, 3000, 3000]);
	});

	it('rides out looks that fail: a failed look is not a failed task', async () => {
		const { create, sandbox, calls } = await releasing();
		sandbox.faults.inject({ operation: 'readTask', kind: 'htmlError', status: 502, times: 8 });
		sandbox.faults.inject({ operation: 'readTask', kind: 'dropBefore' });
		sandbox.faults.inject({ operation: 'readTask', kind: 'status', status: 429, headers: { 'Retry-After': '2' } });
		sandbox.faults.inject({ operation: 'readTask', kind: 'badJson' });
		expect(await create()).toMatchObject({ name: 'v3.0', audit: { status: 'success' } });
		expect(calls('createSnapshot')).toBe(1);
	});

	const unknown =
		/Its end is not known: task [0-9a-f]{24} goes on in Cognigy\. The snapshot may still be created; it was not begun again$/;

	it('says what is not known when the task cannot be found, and begins nothing again', async () => {
		const { create, sandbox, calls, progress } = await releasing();
		sandbox.planTask({ end: 'disappears' });
		const error = await cognigyErrorOf(create());
		expect(error).toMatchObject({ category: 'notFound', mayHaveRun: true });
		expect(error.message).toMatch(
			/^Cognigy knows no task "([0-9a-f]{24})" \(any more\)\. Whether task \1 is done cannot be seen\. The snapshot may still be created; it was not begun again$/,
		);
		expect(progress.at(-1)).toMatch(/: Whether task [0-9a-f]{24} is done cannot be seen\./);
		// That would find no such task either.
		expect(error.advice).not.toContain('Get Status');
		expect(error.advice).toMatch(/^Check the project in Cognigy.AI before you run it again/);
		expect(calls('createSnapshot')).toBe(1);
		// What it could not know.
		expect(sandbox.snapshots).toContain('v3.0');
	});

	it('does not mind a task that takes a moment to show', async () => {
		const { create, sandbox } = await releasing();
		sandbox.faults.inject({ operation: 'readTask', kind: 'status', status: 404, times: 2 });
		expect(await create()).toMatchObject({ name: 'v3.0' });
	});

	it('says so at once when it may not ask any more', async () => {
		const { create, sandbox } = await releasing();
		sandbox.faults.inject({ operation: 'readTask', kind: 'status', status: 401 });
		const error = await cognigyErrorOf(create());
		expect(error).toMatchObject({ category: 'authentication', mayHaveRun: true });
		expect(error.message).toMatch(unknown);
		expect(error.advice).toMatch(/^Check what became of it, with the operation Get Status and Task ID [0-9a-f]{24}/);
	});

	/** Moves the clock until it is over. */
	async function passing<T>(clock: FakeClock, work: Promise<T>, perTurnMs = 1000): Promise<T> {
		let isOver = false;
		void work.catch(() => {}).finally(() => (isOver = true));
		while (!isOver) {
			await clock.advance(perTurnMs);
			await new Promise((resolve) => setTimeout(resolve, 1));
		}
		return await work;
	}

	it.each([{ end: 'never' } as const, 'looks that fail'])('stops when its time is over: %j', async (plan) => {
		const clock = new FakeClock();
		const { sandbox, client } = await cognigyAiSetup({ clock });
		if (typeof plan === 'string') {
			sandbox.faults.inject({ operation: 'readTask', kind: 'status', status: 503, times: 1000 });
		} else sandbox.planTask(plan);
		const work = client.createSnapshot(
			{ snapshotName: 'v3.0', description: 'd' },
			{ ...callOptions, timeoutSeconds: 20 },
		);
		const error = await cognigyErrorOf(passing(clock, work));
		expect(error).toMatchObject({ category: 'timeout', mayHaveRun: true });
		expect(error.message).toMatch(/^Creating snapshot "v3.0" took too long/);
		expect(error.message).toMatch(unknown);
		expect(sandbox.stats().calls.createSnapshot).toBe(1);
	});

	it('leaves time for others after a look that hangs', async () => {
		const clock = new FakeClock();
		const { sandbox, client } = await cognigyAiSetup({ clock });
		sandbox.faults.inject({ operation: 'readTask', kind: 'hang' });
		const work = client.createSnapshot({ snapshotName: 'v3.0', description: 'd' }, callOptions);
		expect(await passing(clock, work)).toMatchObject({ name: 'v3.0' });
	});

	it('stops at once when it is cancelled, and says that the task goes on', async () => {
		const clock = new FakeClock();
		const { client } = await cognigyAiSetup({ clock });
		const progress: string[] = [];
		const stop = new AbortController();
		const how = { ...callOptions, signal: stop.signal, onProgress: (line: string) => progress.push(line) };
		const work = cognigyErrorOf(client.createSnapshot({ snapshotName: 'v3.0', description: 'd' }, how));
		while (!clock.isWaiting(1000)) await new Promise((resolve) => setTimeout(resolve, 1));
		stop.abort();
		const error = await work;
		expect(error).toMatchObject({ category: 'cancelled', mayHaveRun: true });
		expect(error.message).toMatch(unknown);
		expect(progress.at(-1)).toMatch(unknown);
		expect(clock.pendingTimers).toBe(0);
	});

	it.each(['dropAfter', 'badJson', 'wrongShape'] as const)(
		'is never begun again when it may have been: %s',
		async (kind) => {
			const { create, sandbox, calls } = await releasing();
			sandbox.faults.inject({ operation: 'createSnapshot', kind });
			const error = await cognigyErrorOf(create());
			expect(error.mayHaveRun).toBe(true);
			expect(error.message).toMatch(
				/The snapshot may have been created, or may still be created; it was not sent again/,
			);
			expect(error.advice).toContain('Check whether the project has a snapshot of this name');
			expect(calls('createSnapshot')).toBe(1);
		},
	);

	it('is begun again when it certainly was not', async () => {
		const { create, sandbox, calls } = await releasing();
		sandbox.faults.inject({ operation: 'createSnapshot', kind: 'status', status: 429 });
		expect(await create()).toMatchObject({ name: 'v3.0' });
		expect(calls('createSnapshot')).toBe(2);
	});

	it('does not believe a task that is done without a snapshot', async () => {
		const { create, sandbox } = await releasing();
		sandbox.faults.inject({ operation: 'listSnapshots', kind: 'answer', body: { items: [] }, times: 9 });
		expect(await cognigyErrorOf(create())).toMatchObject({
			category: 'protocol',
			mayHaveRun: true,
			message: expect.stringContaining('but there is no snapshot of this name'),
		});
	});

	it('says that the snapshot was made when it cannot be looked up afterwards', async () => {
		const { create, sandbox, how } = await releasing();
		how.retries = 0;
		sandbox.faults.inject({ operation: 'listSnapshots', kind: 'status', status: 503, after: 1 });
		const error = await cognigyErrorOf(create());
		expect(error).toMatchObject({ category: 'server', mayHaveRun: true, audit: { taskId: expect.any(String) } });
		expect(error.message).toMatch(/\(503\).*\. Cognigy had created snapshot "v3.0" before that \(task [0-9a-f]{24}\)$/);
		expect(error.advice).toMatch(/^Check the snapshots of the project, .* before you run it again\./);
	});

	it('says so as well when it is cancelled before the snapshot shows', async () => {
		// The task is done after two pauses, the next one is that before another look for the snapshot.
		const clock = new FakeClock({ skipsUpToMs: 1_500 });
		const { client, sandbox } = await cognigyAiSetup({ clock });
		sandbox.faults.inject({ operation: 'listSnapshots', kind: 'answer', body: { items: [] }, after: 1, times: 9 });
		const stop = new AbortController();
		const how = { ...callOptions, signal: stop.signal };
		const work = cognigyErrorOf(client.createSnapshot({ snapshotName: 'v3.0', description: 'd' }, how));
		while (!clock.isWaiting(2_000)) await new Promise((resolve) => setTimeout(resolve, 1));
		stop.abort();
		expect(await work).toMatchObject({
			category: 'cancelled',
			mayHaveRun: true,
			message: expect.stringMatching(
				/^Looking for snapshot "v3.0" was cancelled\. Cognigy had created snapshot "v3.0" before that \(task/,
			),
			audit: { status: 'error', errorCategory: 'cancelled', taskId: expect.any(String) },
		});
	});

	it('needs the role', async () => {
		const { create } = await releasing({}, { apiKey: 'member-api-key-83d0c4e6' });
		expect(await cognigyErrorOf(create())).toMatchObject({ category: 'permission', mayHaveRun: false });
	});
});

describe('deploySnapshot', () => {
	it('makes the endpoint run it, and tells what it ran', async () => {
		const { deploy, sandbox, idOf } = await releasing();
		const flowId = sandbox.flowReferenceId('Order Status');
		const before = { kind: 'live', snapshotId: '', name: 'live', flowId, localeId: expect.any(String) };
		const after = { ...before, kind: 'snapshot', snapshotId: sandbox.snapshotId('v2.0'), name: 'v2.0' };
		const put = await deploy('Orders REST', 'v2.0');
		expect(put).toMatchObject({
			endpointId: idOf('Orders REST'),
			endpointName: 'Orders REST',
			before,
			after,
			putBack: { botId: sandbox.projectId, endpointId: idOf('Orders REST'), deployed: after, previous: before },
			changed: true,
			botId: sandbox.projectId,
			audit: { operation: 'deploySnapshot', status: 'success' },
		});
		expect(sandbox.endpoint('Orders REST').deployment).toBe('v2.0');
		const { body } = sandbox.requests.find(({ operation }) => operation === 'updateEndpoint') ?? {};
		expect(body).toEqual({ entrypoint: sandbox.snapshotId('v2.0'), flowId, localeId: put.before.localeId });
		expect(JSON.stringify(put)).not.toContain(sandbox.endpoint('Orders REST').urlToken);
	});

	it('sends nothing when it runs it already', async () => {
		const { deploy, calls } = await releasing();
		const put = await deploy('Showcase REST', 'v1.1');
		expect(put).toMatchObject({ changed: false, before: put.after });
		expect(calls('updateEndpoint')).toBe(0);
	});

	it('goes back to the live project', async () => {
		const { deploy, sandbox } = await releasing();
		expect(await deploy('Showcase REST', '', { deployment: { kind: 'live' } })).toMatchObject({
			before: { kind: 'snapshot', name: 'v1.1' },
			after: { kind: 'live' },
		});
		expect(sandbox.endpoint('Showcase REST').deployment).toBe('live project');
	});

	it.each([
		[
			{ kind: 'live' } as const,
			'does not run the live project, as expected before the deployment. It runs snapshot "v1.1"',
		],
		[{ kind: 'snapshot', name: 'v1.0' } as const, 'does not run snapshot "v1.0", as expected'],
	])('changes nothing when it does not run what is expected: %j', async (expectedNow, words) => {
		const { deploy, calls } = await releasing();
		const error = await cognigyErrorOf(deploy('Showcase REST', 'v2.0', { expectedNow }));
		expect(error).toMatchObject({ category: 'notPublished', message: expect.stringContaining(words) });
		expect(calls('updateEndpoint')).toBe(0);
	});

	it.each([{ kind: 'snapshot', name: 'v1.1' } as const, { kind: 'anything' } as const])(
		'deploys when it runs what is expected: %j',
		async (expectedNow) => {
			const { deploy } = await releasing();
			expect(await deploy('Showcase REST', 'v2.0', { expectedNow })).toMatchObject({ changed: true });
		},
	);

	it.each(['Order Status', 'locale'])('leaves no endpoint without its flow or locale: %s', async (missing) => {
		const { deploy, calls } = await releasing({ snapshotsWithout: { 'v2.0': [missing] } });
		const what = missing === 'locale' ? 'locale' : 'flow';
		expect(await cognigyErrorOf(deploy('Orders REST', 'v2.0'))).toMatchObject({
			category: 'notFound',
			message: expect.stringMatching(new RegExp(`^snapshot "v2.0" has no ${what} [0-9a-f-]{36}`)),
		});
		expect(calls('updateEndpoint')).toBe(0);
	});

	it('names the snapshots that there are', async () => {
		const { deploy } = await releasing();
		expect(await cognigyErrorOf(deploy('Orders REST', 'V2.0'))).toMatchObject({
			category: 'notFound',
			message: 'The project has no snapshot with the name "V2.0". It has: "v1.0", "v1.1", "v2.0"',
		});
	});

	it('does not touch an endpoint that runs an agent', async () => {
		const { deploy, sandbox, calls } = await releasing();
		sandbox.changeEndpoint('Orders REST', { targetType: 'agent' });
		expect(await cognigyErrorOf(deploy('Orders REST', 'v2.0'))).toMatchObject({
			category: 'invalidInput',
			message: expect.stringContaining('runs an AI agent'),
		});
		expect(calls('updateEndpoint')).toBe(0);
	});

	it('does not believe a success that changed nothing', async () => {
		const { deploy, sandbox } = await releasing();
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'status', status: 200, body: {} });
		const error = await cognigyErrorOf(deploy('Orders REST', 'v2.0'));
		expect(error).toMatchObject({ category: 'protocol', mayHaveRun: true });
		expect(error.message).toMatch(
			/Cognigy took it, but the endpoint runs the live project \(flow .*\), not snapshot "v2.0"/,
		);
	});

	it('looks what came of a change that may have been made, and does not make it again', async () => {
		const { deploy, sandbox, calls } = await releasing();
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'dropAfter' });
		expect(await deploy('Orders REST', 'v2.0')).toMatchObject({ changed: true, before: { kind: 'live' } });
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'dropBefore' });
		const error = await cognigyErrorOf(deploy('Orders REST', 'v1.0'));
		expect(error).toMatchObject({ category: 'network', mayHaveRun: true });
		expect(error.message).toContain(
			'Endpoint "Orders REST" may have been switched to snapshot "v1.0"; it was not sent again',
		);
		expect(calls('updateEndpoint')).toBe(2);
	});

	it('says so when what it runs now cannot be seen', async () => {
		const { deploy, sandbox } = await releasing();
		sandbox.faults.inject({ operation: 'readEndpoint', kind: 'status', status: 403, after: 1 });
		const error = await cognigyErrorOf(deploy('Orders REST', 'v2.0'));
		expect(error).toMatchObject({ category: 'permission', mayHaveRun: true });
		expect(error.message).toContain('was told to run snapshot "v2.0"; whether it does could not be seen');
	});
});

describe('rollBack', () => {
	it('puts back what was there, and can be undone itself', async () => {
		const { deploy, rollBack, sandbox } = await releasing();
		const { putBack } = await deploy('Showcase REST', 'v2.0');
		const back = await rollBack(putBack);
		expect(back).toMatchObject({
			before: { name: 'v2.0' },
			after: { name: 'v1.1' },
			changed: true,
			audit: { operation: 'rollBack' },
		});
		expect(sandbox.endpoint('Showcase REST').deployment).toBe('v1.1');
		expect(await rollBack(putBack)).toMatchObject({ changed: false, after: { name: 'v1.1' } });
		await rollBack(JSON.parse(JSON.stringify(back.putBack)));
		expect(sandbox.endpoint('Showcase REST').deployment).toBe('v2.0');
	});

	it('does not undo what somebody deployed since', async () => {
		const { deploy, rollBack, calls } = await releasing();
		const { putBack } = await deploy('Showcase REST', 'v2.0');
		await deploy('Showcase REST', 'v1.0');
		const error = await cognigyErrorOf(rollBack(putBack));
		expect(error).toMatchObject({ category: 'notPublished' });
		expect(error.message).toMatch(
			/no longer runs snapshot "v2.0" .*, which this rollback would undo\. It runs snapshot "v1.0"/,
		);
		expect(calls('updateEndpoint')).toBe(2);
	});

	it('names no input that only a deployment has', async () => {
		const { client, deploy, sandbox, how } = await releasing();
		const { putBack } = await deploy('Showcase REST', 'v2.0');
		const failing = async (given: unknown = putBack) => await cognigyErrorOf(client.rollBack({ putBack: given }, how));

		const unknownEndpoint = await failing({ ...putBack, endpointId: '0'.repeat(24) });
		expect(unknownEndpoint).toMatchObject({ category: 'notFound', advice: expect.stringContaining('Put Back') });
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'status', status: 400 });
		const malformed = await failing();
		expect(malformed).toMatchObject({ category: 'invalidInput', advice: expect.stringContaining('Check Put Back.') });
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'dropBefore' });
		const lost = await failing();
		expect(lost.advice).toMatch(/^Check what it runs, with the operation Get Status, before you roll back again\./);
		sandbox.faults.inject({ operation: 'readEndpoint', kind: 'status', status: 400, after: 1 });
		const unseen = await failing();
		expect(unseen.advice).toBe('Check what it runs, with the operation Get Status. Check Put Back.');
		await deploy('Showcase REST', 'v2.0');
		sandbox.changeEndpoint('Showcase REST', { targetType: 'agent' });
		const ofAgent = await failing();
		expect(ofAgent).toMatchObject({
			category: 'invalidInput',
			parameter: 'putBack',
			message:
				'putBack is of endpoint "Showcase REST", which runs an AI agent in the place of a flow and cannot be rolled back this way',
		});

		for (const { advice } of [unknownEndpoint, malformed, lost, unseen, ofAgent]) {
			expect(advice).not.toMatch(/deploy again|Check Endpoint|Choose an endpoint|Choose a snapshot/);
		}
	});

	it('says which snapshot lacks the flow, and what to do without an input for it', async () => {
		const { deploy, rollBack, calls } = await releasing({ snapshotsWithout: { 'v1.1': ['Order Status', 'Showcase'] } });
		const { putBack } = await deploy('Showcase REST', 'v2.0');
		expect(await cognigyErrorOf(rollBack(putBack))).toMatchObject({
			category: 'notFound',
			message: expect.stringMatching(/^snapshot "v1.1" has no flow/),
			advice: expect.stringMatching(/^Deploy a snapshot that has it/),
		});
		expect(calls('updateEndpoint')).toBe(1);
	});

	it('says that the snapshot is gone, and what runs', async () => {
		const { deploy, rollBack, remove, calls } = await releasing();
		const { putBack } = await deploy('Showcase REST', 'v2.0');
		for (const name of ['Showcase Webhook', 'Showcase Socket']) await deploy(name, 'v2.0');
		await remove('v1.1');
		const changes = calls('updateEndpoint');
		const error = await cognigyErrorOf(rollBack(putBack));
		expect(error).toMatchObject({ category: 'notFound' });
		expect(error.message).toMatch(
			/^Snapshot "v1.1" \([0-9a-f]{24}\), which the endpoint ran before, is not there any more/,
		);
		expect(error.advice).toContain('runs snapshot "v2.0"');
		expect(calls('updateEndpoint')).toBe(changes);
	});
});

describe('deleteSnapshot', () => {
	it.each(['task', 'empty'] as const)('deletes it: %s', async (deleteAnswer) => {
		const { remove, sandbox } = await releasing({ deleteAnswer });
		const snapshotId = sandbox.snapshotId('v1.0');
		expect(await remove('v1.0')).toMatchObject({ snapshotId, name: 'v1.0', deleted: true });
		expect(sandbox.snapshots).toEqual(['v1.1', 'v2.0']);
	});

	it('says that an endpoint runs it', async () => {
		const { remove, sandbox } = await releasing();
		expect(await cognigyErrorOf(remove('v1.1'))).toMatchObject({
			category: 'rejected',
			message: expect.stringContaining('The snapshot is attached to an endpoint'),
			advice: 'An endpoint runs it. Deploy something else to that endpoint first.',
		});
		expect(sandbox.snapshots).toContain('v1.1');
	});

	it('does not believe a task that is done while it is still there', async () => {
		const { remove, sandbox } = await releasing();
		const items = [{ _id: sandbox.snapshotId('v1.0'), name: 'v1.0' }];
		sandbox.faults.inject({ operation: 'listSnapshots', kind: 'answer', body: { items }, times: 9 });
		expect(await cognigyErrorOf(remove('v1.0'))).toMatchObject({
			category: 'protocol',
			message: expect.stringContaining('but the snapshot is still there'),
		});
	});

	it.each(['task', 'empty'] as const)('says that it was deleted when nobody can see it: %s', async (deleteAnswer) => {
		const { remove, sandbox, how } = await releasing({ deleteAnswer });
		how.retries = 0;
		sandbox.faults.inject({ operation: 'listSnapshots', kind: 'dropBefore', after: 1 });
		const error = await cognigyErrorOf(remove('v1.0'));
		expect(error).toMatchObject({ category: 'network', mayHaveRun: true });
		expect(error.message).toMatch(
			deleteAnswer === 'task'
				? /\. Cognigy had deleted snapshot "v1.0" before that \(task [0-9a-f]{24}\)$/
				: /\. Cognigy had deleted snapshot "v1.0" before that$/,
		);
	});

	it('is never begun again when it may have been', async () => {
		const { remove, sandbox, calls } = await releasing();
		sandbox.faults.inject({ operation: 'deleteSnapshot', kind: 'htmlError', status: 502 });
		const error = await cognigyErrorOf(remove('v1.0'));
		expect(error.message).toContain(
			'The snapshot may have been deleted, or may still be deleted; it was not sent again',
		);
		expect(calls('deleteSnapshot')).toBe(1);
	});
});

describe('getReleaseStatus', () => {
	it('tells what an endpoint runs, and which snapshots there are', async () => {
		const { client, how, idOf, sandbox } = await releasing();
		const status = await client.getReleaseStatus({ endpoint: idOf('Showcase REST') }, how);
		expect(status).toMatchObject({
			endpointName: 'Showcase REST',
			channel: 'rest',
			active: true,
			runs: { kind: 'snapshot', name: 'v1.1' },
			snapshots: [
				{ name: 'v1.0', isDeployed: false },
				{ name: 'v1.1', isDeployed: true, snapshotId: sandbox.snapshotId('v1.1'), createdAt: expect.any(String) },
				{ name: 'v2.0', isDeployed: false },
			],
		});
	});

	it('tells how far a task has got, or why it failed, and of its data only ids', async () => {
		const { client, how, create, exporting, sandbox } = await releasing();
		sandbox.planTask({ end: 'error', failReason: `No, ${sandbox.apiKey}.` });
		const { audit } = await cognigyErrorOf(create());
		expect(await client.getReleaseStatus({ taskId: audit?.taskId ?? '' }, how)).toMatchObject({
			taskId: audit?.taskId,
			name: 'createSnapshot',
			status: 'error',
			failReason: 'No, ***',
			data: {},
		});
		const { taskId, packageId } = await exporting();
		expect(await client.getReleaseStatus({ taskId }, how)).toMatchObject({
			status: 'done',
			progress: 100,
			data: { packageId },
		});
	});

	it('tells nothing of a task but what is known to be no secret', async () => {
		const { client, how, sandbox } = await releasing();
		const data = {
			packageId: 'p1',
			token: 'secret-1',
			fileId: 7,
			urlId: 'https://secret-1',
			link: { packageId: 'p2' },
		};
		const body = { _id: 't1', status: 'done', data, parameters: { key: 'secret-1' }, currentStep: 1, totalStep: 3 };
		sandbox.faults.inject({ operation: 'readTask', kind: 'answer', body });
		const { audit, ...status } = await client.getReleaseStatus({ taskId: '0'.repeat(24) }, how);
		expect(status).toMatchObject({ data: { packageId: 'p1' }, progress: 33, name: '', createdAt: '' });
		expect(allThatShows([status, audit])).not.toContain('secret-1');
	});

	it('says that there is no such task', async () => {
		const { client, how } = await releasing();
		const error = await cognigyErrorOf(client.getReleaseStatus({ taskId: '0'.repeat(24) }, how));
		expect(error).toMatchObject({ category: 'notFound', mayHaveRun: false });
	});
});

describe('exportPackage', () => {
	const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

	it('makes a package and gets its file', async () => {
		const { exporting, sandbox, idOf, transport } = await releasing();
		const made = await exporting({ resourceIds: [idOf('Orders REST'), idOf('Orders REST')] });
		expect(made).toMatchObject({
			packageId: expect.stringMatching(/^[0-9a-f]{24}$/),
			name: 'Orders',
			file: { name: 'Orders.zip' },
			audit: { operation: 'exportPackage', status: 'success' },
		});
		expect(text(made.file.bytes)).toMatch(/^PK/);
		expect(text(made.file.bytes)).toContain(idOf('Orders REST'));
		expect(sandbox.stats().calls).toMatchObject({ createPackage: 1, packageLink: 2, download: 1 });
		expect(transport.downloads).toHaveLength(1);
		expect(JSON.stringify({ ...made, file: '' })).not.toContain('/downloads/');
	});

	it.each([{ downloadOrigin: 'other' }, { downloadOrigin: 'other', downloadRedirect: true }] as const)(
		'never sends the key to another origin: %j',
		async (options) => {
			const { exporting, sandbox } = await releasing(options);
			await exporting();
			const downloads = sandbox.requests.filter(({ operation }) => operation === 'download');
			expect(downloads.map(({ via, key }) => [via, key])).toEqual(
				'downloadRedirect' in options
					? [
							['api', 'demo'],
							['endpoint', null],
						]
					: [['endpoint', null]],
			);
		},
	);

	it('asks for a new link when the file does not come whole: a link works once', async () => {
		const { exporting, sandbox } = await releasing({ placeholderDownloads: 2 });
		sandbox.faults.inject({ operation: 'download', kind: 'truncate' });
		expect(text((await exporting()).file.bytes)).toMatch(/^PK/);
		expect(sandbox.stats().calls).toMatchObject({ createPackage: 1, packageLink: 4, download: 3 });
	});

	it('refuses a file that is too large, and says that the package was made', async () => {
		const { exporting } = await releasing({ packageBytes: 2 * 1024 * 1024 });
		const error = await cognigyErrorOf(exporting({ maxFileMegabytes: 1 }));
		expect(error).toMatchObject({ category: 'protocol', mayHaveRun: true });
		expect(error.message).toMatch(
			/the file is larger than 1 MB. Package "Orders" was made \([0-9a-f]{24}\), but its file/,
		);
		expect(error.advice).toContain('Raise Max File Size');
		expect((await exporting({ maxFileMegabytes: 3 })).file.bytes.byteLength).toBeGreaterThan(2 * 1024 * 1024);
	});

	it.each([
		['http://files.example.com/secret-link', /the link to the file is no https address/],
		['https://user:secret-link@files.example.com/', /the link to the file is no https address/],
		['http://127.0.0.1:1/secret-link', /cannot reach 127\.0\.0\.1:1/],
		['secret-link', /Cognigy knows no file/],
	])('shows no link in an error: %s', async (downloadLink, words) => {
		const { exporting, sandbox, how } = await releasing();
		how.retries = 0;
		sandbox.faults.inject({ operation: 'packageLink', kind: 'answer', body: { downloadLink } });
		const error = await cognigyErrorOf(exporting());
		expect(error.message).toMatch(words);
		expect(allThatShows(error)).not.toContain('secret-link');
	});

	it.each([403, 500])('shows nothing of what is answered in the place of the file (%d)', async (status) => {
		const { exporting, sandbox, how } = await releasing();
		how.retries = 0;
		sandbox.faults.inject({ operation: 'download', kind: 'status', status, body: { detail: 'secret-link' } });
		const error = await cognigyErrorOf(exporting());
		expect(error.message).toContain(`(${status})`);
		expect(allThatShows(error)).not.toContain('secret-link');
	});

	it('says what a task that failed says', async () => {
		const { exporting } = await releasing();
		expect(await cognigyErrorOf(exporting({ resourceIds: ['f'.repeat(24)] }))).toMatchObject({
			category: 'rejected',
			message: expect.stringContaining('Resource ffffffffffffffffffffffff not found'),
		});
	});
});

describe('refuses what is wrong before anything is sent, naming the parameter (guarantee 9)', () => {
	const config = parseCognigyAiConfig({ apiBaseUrl: 'https://api.example.com', apiKey: 'key-1', projectId: 'p1' });
	const deployed = { kind: 'live', snapshotId: '', name: 'live', flowId: '', localeId: '' };
	const putBack = { botId: 'p1', endpointId: 'e1', deployed, previous: deployed };
	const v10 = { snapshot: 'v1.0', confirmName: 'v1.0' };
	const made = { packageName: 'p', resourceIds: ['a'.repeat(24)] };
	const holds = 'putBack is not what "putBack" of Deploy Snapshot to Endpoint holds:';

	it.each<[keyof ReleaseInputs, object, string]>([
		['createSnapshot', { snapshotName: ' ', description: 'd' }, 'snapshotName is empty'],
		['createSnapshot', { snapshotName: 'v3.0', description: '' }, 'description is empty'],
		['deploySnapshot', { endpoint: '', deployment: { kind: 'live' } }, 'endpoint is empty'],
		['deploySnapshot', { endpoint: 'e', deployment: { kind: 'snapshot', name: '' } }, 'deployment.name is empty'],
		[
			'deploySnapshot',
			{ endpoint: 'e', deployment: { kind: 'live' }, expectedNow: { kind: 'snapshot', name: ' ' } },
			'expectedNow.name is empty',
		],
		[
			'rollBack',
			{ putBack: { ...putBack, botId: 'p2' } },
			'putBack is of project "p2", and the credential of project "p1"',
		],
		[
			'rollBack',
			{ putBack: { ...putBack, endpointId: '../users' } },
			`${holds} endpointId is not the ID of an endpoint`,
		],
		['rollBack', { putBack: { ...putBack, previous: undefined } }, `${holds} previous is missing`],
		['rollBack', { putBack: {} }, `${holds} botId must be text`],
		['getReleaseStatus', { taskId: '../users' }, 'taskId must be 24 letters and digits'],
		['getReleaseStatus', { taskId: '' }, 'taskId is empty'],
		['getReleaseStatus', { endpoint: '' }, 'endpoint is empty'],
		['deleteSnapshot', { ...v10, confirmName: '' }, 'confirmName is empty'],
		[
			'deleteSnapshot',
			{ ...v10, confirmName: 'v1' },
			'confirmName is not the name of the snapshot that is to be deleted',
		],
		[
			'deleteSnapshot',
			{ ...v10, confirmName: 'v1.0 ' },
			'confirmName is not the name of the snapshot that is to be deleted',
		],
		[
			'deleteSnapshot',
			{ ...v10, confirmName: 'V1.0' },
			'confirmName is not the name of the snapshot that is to be deleted',
		],
		['exportPackage', { ...made, resourceIds: [] }, 'resourceIds is empty'],
		['exportPackage', { ...made, resourceIds: ['x'] }, 'resourceIds[0] must be 24 letters and digits'],
		['exportPackage', { ...made, packageName: '' }, 'packageName is empty'],
		['exportPackage', { ...made, maxFileMegabytes: 257 }, 'maxFileMegabytes must be a number from 1 to 256'],
	])('%s %j', async (operation, input, message) => {
		const send = jest.fn(async () => await Promise.reject(new Error('Nothing is sent')));
		const transport = { send, download: send, close: () => {} };
		const sockets = { dial: async () => await Promise.reject(new Error('Nobody is called')) };
		const client = cognigyAiClient(config, { transport, sockets, clock: new FakeClock(), random: () => 0 });
		const asked = client[operation](input as never, callOptions);
		expect(await cognigyErrorOf(asked)).toMatchObject({ category: 'invalidInput', message });
		expect(send).not.toHaveBeenCalled();
		client.close();
	});
});

it('is not there with the v1 API', async () => {
	const { client } = await v1Setup();
	const asked = client.createSnapshot({ snapshotName: 'v1', description: 'd' } as never, callOptions);
	expect(await cognigyErrorOf(asked)).toMatchObject({
		category: 'invalidInput',
		message: 'The Cognigy v1 API has no releases that can be worked on',
	});
});
