/** The least that starts can cost: axios on keep-alive connections with a fixed number of calls at a time, no more. */
import { Agent } from 'node:https';
import axios from 'axios';

import { readArguments, serveRounds } from './rounds';

async function main(): Promise<void> {
	const loop = readArguments(process.argv.slice(2));
	const http = axios.create({ baseURL: loop.baseUrl, httpsAgent: new Agent({ keepAlive: true }) });
	const credential = { username: 'demo', password: 'demo-password' };
	const { data } = await http.post<{ token: string }>('/api/v1/auth/login', credential);
	const headers = { Authorization: `Bearer ${data.token}` };
	await serveRounds(loop, async (userId) => {
		const body = { userId, input: 'Where is my order?', context: {} };
		await http.post('/api/v1/bots/order-status/flows/main/sessions', body, { headers });
	});
}

void main();
