import { startSandbox, type Sandbox } from '../../sandbox';
import { runNode } from './engine';
import { credentialFor, startOrderBot } from './support';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
});
afterAll(async () => {
	await sandbox.close();
});

/** What n8n's evaluator makes of `$json["user"]` is what our short cut must make of `$json.user`. */
it.each([
	'customer-1',
	' padded ',
	'',
	'={{ 1 + 1 }}',
	'{{ $json.other }}',
	'2026-01-31T12:00:00Z',
	42,
	0,
	1.5,
	true,
	false,
	null,
	undefined,
	['a'],
	{ id: 'x' },
])('reading a field without n8n gives what n8n gives: %j', async (user) => {
	const outcome = async (userId: string) => {
		const { output } = await runNode({
			type: 'cognigyTriggerFlow',
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, userId },
			items: [{ json: { user } }],
			onError: 'continueRegularOutput',
		});
		const { userId: id, error, errorCategory } = output[0]?.json ?? {};
		return { id, error, errorCategory };
	};

	expect(await outcome('={{ $json.user }}')).toEqual(await outcome('={{ $json["user"] }}'));
});
