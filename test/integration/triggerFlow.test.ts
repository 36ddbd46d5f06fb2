import { startSandbox, type Sandbox } from '../../sandbox';
import { runNode } from './engine';

let sandbox: Sandbox;
beforeAll(async () => { sandbox = await startSandbox({ port: 0 }); });
afterAll(async () => { await sandbox.close(); });

it('works', async () => {
	const r = await runNode({ type: 'cognigyTriggerFlow', credential: { baseUrl: sandbox.url, username: 'demo', password: 'demo-password' }, parameters: { botId: 'order-status', flowId: 'main', userId: '={{ $json.u }}', input: 'hi', context: '{"metadata":{"orderId":"A-1001"}}' }, items: [{ json: { u: 'a' } }, { json: { u: 'b' } }] });
	console.log(JSON.stringify(r.output, null, 1), r.error, sandbox.stats());
});
