import { startSandbox, type Sandbox } from '../../sandbox';
import { runNode } from './engine';
import { credentialFor, itemsOf, PASSWORD, startOrderBot } from './support';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
});
afterAll(async () => {
	await sandbox.close();
});
afterEach(() => {
	sandbox.faults.clear();
});

/** What error workflows get of an error. n8n hands it on as an object or as JSON. */
async function errorOf(parameters: object, fields = {}): Promise<Array<Record<string, unknown>>> {
	const { error, run } = await runNode({
		type: 'cognigyTriggerFlow',
		credential: credentialFor(sandbox, fields),
		parameters: { ...startOrderBot, sessionId: 'session-1', ...parameters },
		items: itemsOf(1),
	});
	return [error, run.data.resultData.error].map((one) => JSON.parse(JSON.stringify(one)));
}

const context = (errorCategory: string) => ({ itemIndex: 0, data: { errorCategory, sessionId: 'session-1' } });

it.each([
	['notFound', { botId: 'no-such-bot' }, {}],
	['invalidInput', { userId: '={{ "" }}' }, {}],
	['authentication', {}, { password: 'wrong' }],
])('an error tells error workflows its category and session: %s', async (category, parameters, fields) => {
	const errors = await errorOf(parameters, fields);
	expect(errors).toMatchObject([{ context: context(category) }, { context: context(category) }]);
	expect(JSON.stringify(errors)).not.toContain(PASSWORD);
});

it('a flow that may have run tells which session it has', async () => {
	sandbox.faults.inject({ operation: 'start', kind: 'dropAfter' });
	const [error] = await errorOf({ sessionId: '' });
	expect(error).toMatchObject({ context: { data: { errorCategory: 'network' } } });
	const { sessionId } = (error?.['context'] as { data: { sessionId: string } }).data;
	expect(sandbox.sessions.map((session) => session.sessionId)).toContain(sessionId);
});
