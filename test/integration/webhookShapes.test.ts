import { closeAllClients } from '../../client';
import { replyText } from '../../client/streams/collectReply';
import type { Message } from '../../client/types';
import { startCognigyAiSandbox, type CognigyAiSandbox } from '../../sandbox';
import { DEMO_WEBHOOK_KEY } from '../../sandbox/cognigyAi/seed';
import { restoreEnvironment, withoutProxies } from '../support/environment';
import { expectReading, outputsOf, allReadings } from '../support/outputReadings';
import { call } from '../unit/sandbox/support';
import { WebhookHost } from './support/webhookHost';

let sandbox: CognigyAiSandbox;
let host: WebhookHost;

beforeAll(async () => {
	withoutProxies();
	host = await new WebhookHost({ parameters: { incomingAuthentication: 'none' } }).listen();
	sandbox = await startCognigyAiSandbox({ webhookUrl: host.productionUrl });
});
afterAll(async () => {
	closeAllClients();
	await sandbox.close();
	await host.close();
	restoreEnvironment();
});

const answeredPosts = () => sandbox.requests.filter(({ via, status }) => via === 'callback' && status !== null).length;

it.each(allReadings)('a Webhook endpoint posts $shape', async (reading) => {
	const before = answeredPosts();
	const first = host.executions.length;
	const headers = { 'x-webhook-key': DEMO_WEBHOOK_KEY };
	const body = { userId: 'user-1', sessionId: reading.shape, text: reading.shape };
	expect(await call(sandbox.endpoint('Showcase Webhook').url, { body, headers })).toMatchObject({ status: 200 });
	await sandbox.when(() => answeredPosts() >= before + outputsOf(reading.shape).length);

	const messages = host.executions.slice(first).flatMap((items) => items.map(({ json }) => json as unknown as Message));
	expectReading(reading, messages, replyText(messages));
});
