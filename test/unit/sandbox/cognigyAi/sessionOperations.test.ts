import type { CognigyAiSandbox } from '../../../../sandbox';
import { api, closeAll, message, sandboxFor } from './support';

afterEach(closeAll);

const session = (sandbox: CognigyAiSandbox, path: string, body: unknown, sessionId = 's-1') =>
	api(sandbox, `/sessions/${sessionId}/${path}`, { body });

function resetBody(sandbox: CognigyAiSandbox, spelling = 'entrypoint') {
	return {
		userId: 'user-1',
		flowReferenceId: sandbox.flowReferenceId('Showcase'),
		[spelling]: sandbox.snapshotId('v1.1'),
	};
}

describe('the context of a session', () => {
	it('goes back to what the flow begins with', async () => {
		const sandbox = await sandboxFor();
		await message(sandbox, 'Showcase REST', { text: 'turn' });
		expect(sandbox.session('s-1')).toMatchObject({ context: { visits: 1, lastText: 'turn' }, turns: 1 });

		const reply = await session(sandbox, 'context/reset', resetBody(sandbox));

		expect(reply).toMatchObject({ status: 200, json: { visits: 0 } });
		expect(sandbox.session('s-1', 'user-1')?.context).toEqual({ visits: 0 });
		const { json } = await message(sandbox, 'Showcase REST', { text: 'turn' });
		expect(json.text).toBe('This is turn 2.');
	});

	it('of another user is another one', async () => {
		const sandbox = await sandboxFor();
		await message(sandbox, 'Showcase REST', { text: 'turn' });

		await session(sandbox, 'context/reset', { ...resetBody(sandbox), userId: 'somebody' });

		expect(sandbox.session('s-1', 'user-1')?.context).toMatchObject({ visits: 1 });
		expect(sandbox.session('s-1', 'somebody')).toBeUndefined();
	});

	it.each([
		['both', 'entrypoint', 200],
		['both', 'entryPoint', 200],
		['entrypoint', 'entrypoint', 200],
		['entrypoint', 'entryPoint', 400],
		['entryPoint', 'entryPoint', 200],
		['entryPoint', 'entrypoint', 400],
	] as const)('is reset by a server that takes %s with %s: %i', async (entrypointSpelling, spelling, status) => {
		const sandbox = await sandboxFor({ entrypointSpelling });
		const reply = await session(sandbox, 'context/reset', resetBody(sandbox, spelling));

		expect(reply.status).toBe(status);
		if (status === 400) expect(reply.json).toMatchObject({ detail: `Field '${spelling}' is not allowed` });
	});

	it.each([
		[{ userId: undefined }, 400, "Missing 'userId'"],
		[{ flowReferenceId: 'x' }, 400, 'flowReferenceId'],
		[{ localeReferenceId: 'x' }, 400, "'localeReferenceId' is not allowed"],
		[{ entrypoint: '0'.repeat(24) }, 404, 'entrypoint'],
		[{ flowReferenceId: '00000000-0000-4000-8000-000000000000' }, 404, 'flow'],
	])('is not reset with %j', async (change, status, detail) => {
		const sandbox = await sandboxFor();
		const reply = await session(sandbox, 'context/reset', { ...resetBody(sandbox), ...change });

		expect(reply).toMatchObject({ status, json: { detail: expect.stringContaining(detail) } });
	});

	it.each([
		['merge', { visits: 1, lastText: 'turn', vip: true }],
		['replace', { vip: true }],
	] as const)('can be injected (%s)', async (contextInject, context) => {
		const sandbox = await sandboxFor({ contextInject });
		await message(sandbox, 'Showcase REST', { text: 'turn' });

		const reply = await session(sandbox, 'context/inject', { userId: 'user-1', context: { vip: true } });

		expect(reply).toMatchObject({ status: 200, json: context });
		expect(sandbox.session('s-1')?.context).toEqual(context);
		const { json } = await message(sandbox, 'Showcase REST', { text: 'context' });
		expect(json.data).toMatchObject({ context: { vip: true } });
	});
});

describe('the state of a session', () => {
	it('is injected and reset', async () => {
		const sandbox = await sandboxFor();
		await message(sandbox, 'Showcase REST');

		expect(await session(sandbox, 'state/inject', { userId: 'user-1', state: 'paying' })).toMatchObject({
			status: 200,
			json: { state: 'paying' },
		});
		expect((await message(sandbox, 'Showcase REST', { text: 'state' })).json.text).toBe('The state is paying.');
		expect(await session(sandbox, 'state/reset', { userId: 'user-1' })).toMatchObject({ status: 200, text: '{}' });
		expect(sandbox.session('s-1')).toMatchObject({ state: 'default' });
		expect(await session(sandbox, 'state/reset', {})).toMatchObject({ status: 400, json: { code: 1000 } });
	});
});

it.each([
	['accept', 200],
	['notFound', 404],
] as const)('sessions that nobody has used: %s', async (unknownSession, status) => {
	const sandbox = await sandboxFor({ unknownSession });

	expect(await session(sandbox, 'context/reset', resetBody(sandbox))).toMatchObject({ status });
	expect(await session(sandbox, 'context/inject', { userId: 'user-1', context: { a: 1 } })).toMatchObject({ status });
	expect(await session(sandbox, 'state/reset', { userId: 'user-1' })).toMatchObject({ status });
	expect(await session(sandbox, 'state/inject', { userId: 'user-1', state: 'x' })).toMatchObject({ status });
});
