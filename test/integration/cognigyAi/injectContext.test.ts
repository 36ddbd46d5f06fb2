import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiSandbox, CognigyAiSandboxOptions } from '../../../sandbox';
import { messageTo, session } from './operations';
import { closeSandboxes, credentialFor, jsonOf, run, sandboxFor } from './support';

jest.setTimeout(20_000);

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

async function begin(options: CognigyAiSandboxOptions = {}): Promise<void> {
	sandbox = await sandboxFor(options);
	credential = credentialFor(sandbox);
}

afterEach(closeSandboxes);

const inject = async (parameters: IDataObject = {}) =>
	await run('cognigyConversation', credential, {
		...{ operation: 'injectContext', ...session, context: '{"vip":true}' },
		...parameters,
	});

it.each(['merge', 'replace'] as const)(
	'puts something into the context, which comes out as Cognigy says: %s (docs/guarantees.md#outputs)',
	async (contextInject) => {
		await begin({ contextInject });
		await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'rest'));
		const before = sandbox.session('s-1')?.context;
		const item = jsonOf(await inject());
		expect(item).toEqual({
			sessionId: 's-1',
			context: { ...(contextInject === 'merge' ? before : {}), vip: true },
			audit: expect.objectContaining({ operation: 'injectContext', ...session, status: 'success' }),
		});
		expect(sandbox.session('s-1')?.context).toEqual(item['context']);
	},
);

it('comes out without a context where Cognigy says nothing', async () => {
	await begin();
	sandbox.faults.inject({ operation: 'injectContext', kind: 'answer', status: 204 });
	expect(jsonOf(await inject())).toMatchObject({ sessionId: 's-1', context: null });
});

it('comes out without one that is nested too deeply to be looked through', async () => {
	await begin();
	const body: unknown = JSON.parse(`{"a":${'['.repeat(300)}${']'.repeat(300)}}`);
	sandbox.faults.inject({ operation: 'injectContext', kind: 'answer', body });
	expect(jsonOf(await inject())).toMatchObject({ sessionId: 's-1', context: null });
});

it('is not sent again where it may have run, and says how to find out (guarantee 1)', async () => {
	await begin();
	sandbox.faults.inject({ operation: 'injectContext', kind: 'dropAfter' });
	const { error } = await inject();
	expect(error?.message).toMatch(/The context of session "s-1" may have been changed; it was not sent again$/);
	expect(error?.description).toContain('let the flow say what it remembers');
	expect(sandbox.stats().calls.injectContext).toBe(1);
});

it('says that Cognigy knows no such session', async () => {
	await begin({ unknownSession: 'notFound' });
	expect((await inject()).error?.message).toContain('Cognigy knows no session "s-1" (404)');
});

it.each<[IDataObject, string]>([
	[{ sessionId: '={{ " " }}' }, 'Session ID is empty'],
	[{ userId: '={{ $json.missing }}' }, 'User ID is empty'],
	[{ context: '{}' }, 'Context is empty'],
	[{ context: '[1]' }, 'Context must be a JSON object, and is a list'],
	[{ context: { text: 'x'.repeat(60_000) } }, 'User ID and Context are too large'],
])('names what is wrong, and sends nothing: %j', async (parameters, message) => {
	await begin();
	expect((await inject(parameters)).error).toMatchObject({
		name: 'NodeOperationError',
		message: expect.stringContaining(message),
	});
	expect(sandbox.requests).toHaveLength(0);
});
