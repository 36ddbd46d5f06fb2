import { startSandbox, type Sandbox } from '../../sandbox';
import { runNode } from './engine';
import { auditOf, credentialFor, itemsOf } from './support';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
});
afterAll(async () => {
	await sandbox.close();
});
afterEach(() => {
	sandbox.faults.clear();
	sandbox.resetStats();
});

const type = 'cognigyValidateVersion';
const production = { botId: 'order-status', flowId: 'main', targetEnvironment: 'production' };

it('puts out exactly the promised fields (docs/guarantees.md#outputs)', async () => {
	const { output } = await runNode({ type, credential: credentialFor(sandbox), parameters: production });

	expect(output).toEqual([
		{
			json: {
				valid: true,
				...production,
				version: { id: expect.any(String), name: 'production', state: 'published' },
				available: expect.arrayContaining([{ id: expect.any(String), name: expect.any(String), state: 'draft' }]),
				audit: {
					timestamp: expect.any(String),
					operation: 'validateVersion',
					botId: 'order-status',
					flowId: 'main',
					status: 'success',
					latencyMs: expect.any(Number),
					attempts: 1,
					httpStatus: 200,
					input: expect.stringMatching(/^sha256:/),
				},
			},
			pairedItem: { item: 0 },
		},
	]);
});

it('fails the item by default when nothing is published, and says what there is', async () => {
	const { error } = await runNode({
		type,
		credential: credentialFor(sandbox),
		parameters: { ...production, botId: 'returns-draft' },
	});

	expect(error?.name).toBe('NodeApiError');
	expect(error?.message).toMatch(
		/^Bot "returns-draft" has no published version for "production"\. Versions found: .*\(draft\)/,
	);
	expect(error?.description).toContain('Publish a version');
});

it('puts the result out when asked to', async () => {
	const { output } = await runNode({
		type,
		credential: credentialFor(sandbox),
		parameters: { ...production, botId: 'returns-draft', onNotPublished: 'output' },
	});

	expect(output[0]?.json).toMatchObject({ valid: false, version: null, audit: { status: 'success' } });
});

it('tries again after passing faults, and counts the attempts (guarantee 2)', async () => {
	sandbox.faults.inject({ operation: 'versions', kind: 'status', status: 503, times: 1 });
	sandbox.faults.inject({ operation: 'versions', kind: 'dropAfter', times: 1 });

	const { output } = await runNode({ type, credential: credentialFor(sandbox), parameters: production });

	expect(auditOf(output[0])).toMatchObject({ status: 'success', attempts: 3 });
});

it('gives up after the retries that the user allows', async () => {
	sandbox.faults.inject({ operation: 'versions', kind: 'status', status: 503, times: 100 });

	const { output } = await runNode({
		type,
		credential: credentialFor(sandbox),
		parameters: { ...production, options: { retries: 1 } },
		items: itemsOf(1),
		onError: 'continueRegularOutput',
	});

	expect(output[0]?.json).toMatchObject({ errorCategory: 'server', audit: { attempts: 2, httpStatus: 503 } });
	expect(sandbox.stats().versions).toBe(2);
});

it.each([
	['a missing permission', { username: 'starter', password: 'starter-password' }, 'permission', 'bot:read'],
	['a wrong password', { password: 'wrong' }, 'authentication', 'wrong user name or password'],
])('says what is wrong: %s', async (_case, fields, errorCategory, words) => {
	const { output } = await runNode({
		type,
		credential: credentialFor(sandbox, fields),
		parameters: production,
		onError: 'continueRegularOutput',
	});

	expect(output[0]?.json).toMatchObject({ errorCategory, error: expect.stringContaining(words) });
});
