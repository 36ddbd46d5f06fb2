/** The least that starts can cost: axios on keep-alive connections with a fixed number of calls at a time, no more. */
import { Agent } from 'node:https';
import axios from 'axios';
import pMap from 'p-map';

import { logIn } from '../logIn';
import { readTask, serveRounds } from '../loops/program';
import { usersOf, type StartsTask } from './task';

async function main(): Promise<void> {
	const task = readTask<StartsTask>();
	const { baseUrl, concurrency } = task;
	const http = axios.create({ httpsAgent: new Agent({ keepAlive: true }) });
	const headers = { Authorization: `Bearer ${await logIn(baseUrl, http)}` };
	const start = async (userId: string) => {
		const body = { userId, input: 'Where is my order?', context: {} };
		await http.post(`${baseUrl}/api/v1/bots/order-status/flows/main/sessions`, body, { headers });
	};
	await serveRounds(async () => await pMap(usersOf(task), start, { concurrency }));
}

void main();
