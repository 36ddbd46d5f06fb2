/**
 * The least that so many starts can cost: axios on keep-alive connections with a fixed number of calls at a time, and
 * nothing else. Arguments: base URL, number of starts, concurrency. Does a round for each line on standard input, and
 * prints how long it took, in ms.
 */
import { Agent } from 'node:https';
import { createInterface } from 'node:readline';
import axios from 'axios';
import pMap from 'p-map';

async function main([baseURL = '', count = '', concurrency = '']: string[]): Promise<void> {
	const http = axios.create({ baseURL, httpsAgent: new Agent({ keepAlive: true }) });
	const credential = { username: 'demo', password: 'demo-password' };
	const { data } = await http.post<{ token: string }>('/api/v1/auth/login', credential);
	const headers = { Authorization: `Bearer ${data.token}` };
	const users = Array.from({ length: Number(count) }, (_, index) => `customer-${index}`);
	const start = async (userId: string) => {
		const body = { userId, input: 'Where is my order?', context: {} };
		await http.post('/api/v1/bots/order-status/flows/main/sessions', body, { headers });
	};

	for await (const _line of createInterface({ input: process.stdin })) {
		const startedAt = performance.now();
		await pMap(users, start, { concurrency: Number(concurrency) });
		console.log(performance.now() - startedAt);
	}
}

void main(process.argv.slice(2));
