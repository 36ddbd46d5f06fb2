/** Our client by itself, without n8n around it. */
import { clientFor, unrestrictedEgress, type CallOptions } from '../../client';
import { readArguments, serveRounds } from './rounds';

async function main(): Promise<void> {
	const loop = readArguments(process.argv.slice(2));
	const fields = { baseUrl: loop.baseUrl, username: 'demo', password: 'demo-password' };
	const client = clientFor({ type: 'cognigyApi', fields }, unrestrictedEgress);
	const options: CallOptions = { timeoutSeconds: 30, retries: 3, auditInput: 'hash' };
	const flow = {
		botId: 'order-status',
		flowId: 'main',
		input: 'Where is my order?',
		context: {},
		sessionTtlMinutes: 30,
	};
	await serveRounds(loop, async (userId) => await client.triggerFlow({ ...flow, userId }, options));
}

void main();
