import type { CognigyAiSandbox } from '../../../../sandbox';
import { manualClock } from '../support';
import { api, closeAll, sandboxFor } from './support';

afterEach(closeAll);

const post = (body?: object) => ({ method: 'POST', ...(body ? { body: JSON.stringify(body) } : {}) });
const member = { headers: { 'x-api-key': 'member-api-key-83d0c4e6' } };

async function make(sandbox: CognigyAiSandbox, name: string) {
	return await api(sandbox, '/snapshots', post({ projectId: sandbox.projectId, name, description: 'd' }));
}

/** Asks about a task until it is over. */
async function ended(sandbox: CognigyAiSandbox, id: unknown) {
	for (;;) {
		const { json, status } = await api(sandbox, `/tasks/${String(id)}`);
		if (status !== 200 || !['queued', 'active'].includes(String(json.status))) return { ...json, http: status };
	}
}

it('makes a snapshot within a few calls, and not at once', async () => {
	const sandbox = await sandboxFor();
	const { status, json } = await make(sandbox, 'v3.0');
	expect([status, json.status, json.type, json.progress]).toEqual([201, 'queued', 'createSnapshot', 0]);
	expect(sandbox.snapshots).not.toContain('v3.0');
	const seen = [];
	for (let look = 0; look < 3; look++) seen.push((await api(sandbox, `/tasks/${String(json._id)}`)).json.status);
	expect(seen).toEqual(['active', 'done', 'done']);
	expect(sandbox.snapshots).toContain('v3.0');
});

it('says only in the task that a name is taken, the project is full, or an endpoint runs it', async () => {
	const sandbox = await sandboxFor({ snapshotLimit: 3 });
	expect(await ended(sandbox, (await make(sandbox, 'v1.0')).json._id)).toMatchObject({
		http: 200,
		status: 'error',
		failReason: expect.stringContaining('409'),
	});
	expect(await ended(sandbox, (await make(sandbox, 'v9')).json._id)).toMatchObject({
		status: 'error',
		failReason: 'Limit of allowed Snapshots reached (3)',
	});
	const remove = async (name: string) =>
		await ended(sandbox, (await api(sandbox, `/snapshots/${sandbox.snapshotId(name)}`, { method: 'DELETE' })).json._id);
	expect(await remove('v1.1')).toMatchObject({ status: 'error', failReason: expect.stringContaining('attached to') });
	expect(await remove('v1.0')).toMatchObject({ status: 'done', failReason: '' });
	expect(sandbox.snapshots).toEqual(['v1.1', 'v2.0']);
});

it('wants all fields and no others, the role, and a project that it knows', async () => {
	const sandbox = await sandboxFor();
	const { projectId } = sandbox;
	expect((await api(sandbox, '/snapshots', post({ projectId, name: 'v3.0' }))).status).toBe(400);
	const more = { projectId, name: 'v3.0', description: 'd', flow: 'f' };
	expect((await api(sandbox, '/snapshots', post(more))).json.detail).toBe("Field 'flow' is not allowed");
	const one = { projectId, name: 'v3.0', description: 'd' };
	expect((await api(sandbox, '/snapshots', { ...post(one), ...member })).status).toBe(403);
	const path = `/snapshots/${sandbox.snapshotId('v1.0')}`;
	expect((await api(sandbox, path, { method: 'DELETE', ...member })).status).toBe(403);
	expect((await api(sandbox, '/tasks/none')).status).toBe(404);
});

it('has tasks end as they are told to', async () => {
	const sandbox = await sandboxFor();
	sandbox.planTask({ states: ['queued', 'thinking'], end: 'cancelled' });
	sandbox.planTask({ end: 'disappears' });
	sandbox.planTask({ end: 'never' });
	const ids = [];
	for (const name of ['a', 'b', 'c']) ids.push((await make(sandbox, name)).json._id);
	for (let calls = 0; calls < 5; calls++) await api(sandbox, '/users/me');
	const states = [];
	for (const id of ids) states.push((await api(sandbox, `/tasks/${String(id)}`)).json.status);
	expect(states).toEqual(['cancelled', 404, 'active']);
	expect(sandbox.snapshots).toEqual(['v1.0', 'v1.1', 'v2.0', 'b']);
});

it('lists what a snapshot holds, and lacks what it is told to', async () => {
	const sandbox = await sandboxFor({ snapshotsWithout: { 'v1.0': ['Echo', 'locale'] } });
	const held = async (name: string, type: string) => {
		const { json } = await api(sandbox, `/snapshots/${sandbox.snapshotId(name)}/resources?resourceType=${type}`);
		return (json.items as Array<{ name: string }>).map((one) => one.name);
	};
	expect(await held('v1.1', 'flow')).toEqual(['Order Status', 'Showcase', 'Echo', 'Claims']);
	expect(await held('v1.0', 'flow')).toEqual(['Order Status', 'Showcase', 'Claims']);
	expect([await held('v1.1', 'locale'), await held('v1.0', 'locale')]).toEqual([['locale'], []]);
});

describe('a package', () => {
	async function packaged(sandbox: CognigyAiSandbox) {
		const resourceIds = [sandbox.endpoint('Orders REST').id];
		const { json } = await api(sandbox, '/packages', post({ projectId: sandbox.projectId, name: 'p', resourceIds }));
		const { data } = (await ended(sandbox, json._id)) as unknown as { data: { packageId: string } };
		return async () => await api(sandbox, `/packages/${data.packageId}/downloadlink`, post());
	}

	it('has a link when it is ready, that works once, for a day, with the key', async () => {
		const clock = manualClock();
		const sandbox = await sandboxFor({ now: clock.now });
		const link = await packaged(sandbox);
		expect((await link()).status).toBe(409);
		const url = String((await link()).json.downloadLink);
		expect(url.startsWith(sandbox.apiUrl)).toBe(true);
		expect((await fetch(url)).status).toBe(401);
		const headers = { 'x-api-key': sandbox.apiKey };
		const file = Buffer.from(await (await fetch(url, { headers })).arrayBuffer());
		expect(file.subarray(0, 2).toString()).toBe('PK');
		expect((await fetch(url, { headers })).status).toBe(404);
		const late = String((await link()).json.downloadLink);
		clock.advance(24 * 60 * 60_000);
		expect((await fetch(late, { headers })).status).toBe(404);
		expect(sandbox.requests.filter(({ operation }) => operation === 'download').map(({ path }) => path)).toEqual(
			Array(4).fill('/new/downloads/{link}'),
		);
	});

	it('is a zip file, which may be on another host', async () => {
		const sandbox = await sandboxFor({ linkNotReady: 0, downloadOrigin: 'other' });
		const url = String((await (await packaged(sandbox))()).json.downloadLink);
		expect(url.startsWith(sandbox.endpointUrl)).toBe(true);
		const file = Buffer.from(await (await fetch(url)).arrayBuffer());
		const end = file.subarray(-22);
		const directory = file.subarray(end.readUInt32LE(16), file.length - 22);
		expect([end.toString('latin1', 0, 4), directory.toString('latin1', 0, 4)]).toEqual(['PK\x05\x06', 'PK\x01\x02']);
		expect(end.readUInt32LE(12)).toBe(directory.length);
		const size = directory.readUInt32LE(24);
		const content: unknown = JSON.parse(file.toString('utf8', 30 + 'package.json'.length, 42 + size));
		expect(content).toMatchObject({ name: 'p', resourceIds: [sandbox.endpoint('Orders REST').id] });
	});
});
