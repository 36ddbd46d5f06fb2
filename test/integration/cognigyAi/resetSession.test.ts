import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiSandbox } from '../../../sandbox';
import { describeUnless } from '../../support/edition';
import { auditOf } from '../support';
import { closeSandboxes, credentialFor, jsonOf, picked, run, sandboxFor } from './support';

jest.setTimeout(20_000);

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

beforeEach(async () => {
	const now = Date.now.bind(Date);
	sandbox = await sandboxFor({ now });
	credential = credentialFor(sandbox);
});
afterEach(async () => {
	jest.restoreAllMocks();
	await closeSandboxes();
});

const reset = async (parameters: IDataObject, more: Parameters<typeof run>[3] = {}) =>
	await run('cognigyResetSession', credential, parameters, more);

/** Starts sessions of the endpoint "Showcase REST" with the node Trigger Flow. */
async function start(...ids: string[]): Promise<void> {
	const { error } = await run(
		'cognigyTriggerFlow',
		credential,
		{
			endpoint: sandbox.endpoint('Showcase REST').url,
			userId: '={{ "user of " + $json.id }}',
			sessionId: '={{ $json.id }}',
			input: 'text',
		},
		{ items: ids.map((id) => ({ json: { id } })) },
	);
	if (error) throw error;
}

const s1 = () => ({
	sessionId: 's-1',
	userId: 'user of s-1',
	endpoint: picked('list', sandbox.endpoint('Showcase REST').id),
});

it('resets the context and has seen it: exactly the promised fields (docs/guarantees.md#outputs)', async () => {
	await start('s-1');
	expect(sandbox.session('s-1')?.context).toMatchObject({ visits: 1 });
	const { output } = await reset(s1());

	expect(output).toEqual([
		{
			json: {
				sessionId: 's-1',
				status: 'RESET_COMPLETE',
				verified: true,
				flowState: null,
				remainingVariables: 1,
				latencyMs: expect.any(Number),
				audit: expect.objectContaining({
					operation: 'resetSession',
					botId: sandbox.projectId,
					sessionId: 's-1',
					userId: 'user of s-1',
					status: 'success',
				}),
			},
			pairedItem: { item: 0 },
		},
	]);
	expect(sandbox.session('s-1')?.context).toEqual({ visits: 0 });
});

it('claims to have seen nothing that nobody asked it to check', async () => {
	await start('s-1');
	expect(jsonOf(await reset({ ...s1(), verify: false }))).toMatchObject({ verified: false, remainingVariables: null });
});

it('resets the state without an endpoint', async () => {
	await start('s-1');
	const item = jsonOf(await reset({ ...s1(), resetMode: 'state', endpoint: picked('list', '') }));
	expect(item).toMatchObject({ verified: false, remainingVariables: null });
	expect(sandbox.requests.at(-1)?.operation).toBe('resetState');
});

it('resets both, and makes an ID for a new session', async () => {
	await start('s-1');
	const item = jsonOf(await reset({ ...s1(), resetMode: 'both', newSessionId: true }));
	expect(item).toMatchObject({ verified: false, remainingVariables: 1 });
	expect(item['newSessionId']).toMatch(/^[0-9a-f-]{36}$/);
	expect(sandbox.requests.slice(-2).map(({ operation }) => operation)).toEqual(['resetContext', 'resetState']);
});

it('knows the endpoint by its URL and by the name that Trigger Flow gives to it', async () => {
	const { url } = sandbox.endpoint('Showcase REST');
	const parameters = { endpoint: url, userId: 'user of s-1', sessionId: 's-1', input: 'text' };
	const { flowId } = jsonOf(await run('cognigyTriggerFlow', credential, parameters));
	for (const endpoint of [picked('url', url), picked('id', '={{ $json.flowId }}')]) {
		const items = [{ json: { flowId: String(flowId) } }];
		expect(jsonOf(await reset({ ...s1(), endpoint }, { items }))).toMatchObject({ verified: true });
	}
});

it.each([
	{ operation: 'resetContext', kind: 'htmlError', status: 502 },
	{ operation: 'resetContext', kind: 'dropAfter' },
	{ operation: 'resetContext', kind: 'status', status: 429, headers: { 'Retry-After': '1' } },
] as const)('repeats it after a passing fault: %j (guarantee 2)', async (fault) => {
	await start('s-1');
	sandbox.faults.inject(fault);
	const { output } = await reset(s1());
	expect(output[0]?.json).toMatchObject({ verified: true });
	expect(auditOf(output[0]).attempts).toBeGreaterThan(1);
});

it('names what is missing', async () => {
	const { error } = await reset({ ...s1(), userId: '={{ "" }}' });
	expect(error).toMatchObject({ name: 'NodeOperationError', message: expect.stringContaining('User ID is empty') });
	expect(sandbox.requests).toHaveLength(0);
});

describeUnless('one-named-session')('expired sessions', () => {
	/** Sessions live half an hour. */
	function expire(): void {
		const real = Date.now.bind(Date);
		jest.spyOn(Date, 'now').mockImplementation(() => real() + 31 * 60_000);
	}

	it('are reset with all that is known of them, an item for each', async () => {
		await start('s-1', 's-2');
		expire();
		const { output } = await reset({ operation: 'expired' });
		const items = output
			.map(({ json }) => json)
			.sort((a, b) => (String(a['sessionId']) < String(b['sessionId']) ? -1 : 1));
		expect(items).toMatchObject(
			['s-1', 's-2'].map((sessionId) => ({
				sessionId,
				verified: true,
				audit: { sessionId, userId: `user of ${sessionId}`, status: 'success' },
			})),
		);
		expect(sandbox.session('s-2')?.context).toEqual({ visits: 0 });
		expect((await reset({ operation: 'expired' })).output).toEqual([]);
	});

	it('that could not be reset are for the next run', async () => {
		await start('s-1');
		expire();
		sandbox.setKeyState('demo', 'expired');
		const failed = await reset({ operation: 'expired' }, { onError: 'continueRegularOutput' });
		expect(failed.output[0]?.json).toMatchObject({ errorCategory: 'authentication', audit: { sessionId: 's-1' } });
		sandbox.setKeyState('demo', 'valid');
		expect((await reset({ operation: 'expired' })).output).toHaveLength(1);
	});
});
