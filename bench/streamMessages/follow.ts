/** Our client as the trigger has it: follows every session in the registry, and nothing else. */
import { clientOf } from '../clientOf';
import { readTask } from '../loops/program';
import { Arrivals } from './arrivals';
import { serveReader } from './reader';
import type { FollowTask } from './task';

async function main(): Promise<void> {
	const { baseUrl, stateFolder, capacity } = readTask<FollowTask>();
	const client = clientOf({ baseUrl }, stateFolder);
	const arrivals = new Arrivals(capacity);
	const over = new AbortController();
	let following = Promise.resolve();
	await client.logIn(over.signal);
	await serveReader(arrivals, () => {
		following = client.follow(
			{ botId: '', flowId: '', sessionId: '', messageTypes: ['bot'] },
			{
				consumer: 'bench',
				signal: over.signal,
				onBatch: async ({ messages }) => {
					for (const { text } of messages) arrivals.add(text);
				},
				onTrouble: (error) => console.error(error.message),
				onRecovered: () => {},
			},
		);
	});
	over.abort();
	await following;
	client.close();
}

void main();
