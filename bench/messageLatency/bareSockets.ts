/** The least that listening to sessions of Cognigy.AI can cost: socket.io-client, and nothing around it. */
import { io } from 'socket.io-client';

import { readTask, serve } from '../loops/program';
import { preciseNow } from './arrival';

/** What this program does: begin these sessions, and tell of what comes in them. */
export interface BareSocketsTask {
	endpointUrl: string;
	urlToken: string;
	userId: string;
	/** Said first in each session, so that there is one. */
	input: string;
	sessionIds: string[];
	receiverUrl: string;
}

type Acknowledge = (answer?: object) => void;

async function main(): Promise<void> {
	const task = readTask<BareSocketsTask>();
	await Promise.all(task.sessionIds.map(async (sessionId) => await listen(sessionId, task)));
	await serve(() => true);
	process.exit();
}

/** Resolves when the first turn of the session is over. */
async function listen(sessionId: string, task: BareSocketsTask): Promise<void> {
	const { endpointUrl, urlToken, userId, input, receiverUrl } = task;
	const socket = io(endpointUrl, {
		transports: ['websocket'],
		query: { handshake: 'true' },
		forceNew: true,
		reconnection: false,
	});
	socket.on('handshake', (answer: Acknowledge) => {
		answer({ urlToken, userId, sessionId, testMode: false, emitWithAck: true });
	});
	socket.on('endpoint-ready', () => {
		socket.emit('processInput', { URLToken: urlToken, userId, sessionId, text: input, data: {}, resetFlow: false });
	});
	socket.on('output', ({ data: { text } }: { data: { text: string } }, acknowledge?: Acknowledge) => {
		const arrival = { text, arrivedAt: preciseNow() };
		acknowledge?.();
		void fetch(receiverUrl, { method: 'POST', body: JSON.stringify(arrival) });
	});
	await new Promise<void>((resolve, reject) => {
		socket.on('connect_error', reject);
		socket.on('finalPing', (_type: unknown, acknowledge?: Acknowledge) => {
			acknowledge?.();
			resolve();
		});
	});
}

void main();
