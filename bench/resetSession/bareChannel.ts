import { once } from 'node:events';
import WebSocket from 'ws';

import { botId, type ResetsTask } from './task';

/** A runtime channel with nothing around it: no retries, no time limits, no checks of what comes back. */
export interface BareChannel {
	/** Resets a session, then asks for its state. */
	resetAndCheck(sessionId: string): Promise<void>;
	/** Resolves when the connection is gone. */
	close(): Promise<void>;
}

/** Any error ends the process. */
export async function openBareChannel(task: ResetsTask, token: string): Promise<BareChannel> {
	const { webSocketUrl, tenantId, baseUrl } = task;
	const query = new URLSearchParams({ tenant: tenantId, botId, token });
	const socket = new WebSocket(`${webSocketUrl}/ws/v1?${query}`, 'cognigy-runtime-v1', { origin: baseUrl });
	await once(socket, 'open');
	socket.once('close', (code, reason) => {
		if (code !== 1000) throw new Error(`The channel was closed: ${code} ${String(reason)}`);
	});
	const ask = async (frame: object) => {
		const answer = new Promise((resolve) => socket.once('message', resolve));
		socket.send(JSON.stringify(frame));
		await answer;
	};
	return {
		async resetAndCheck(sessionId) {
			await ask({
				type: 'SEND',
				sessionId,
				stateClearMatrix: { flowState: 'RESET', dialogState: 'COLD', engineState: 'INITIALIZED' },
				contextWipeDirective: { clearVariables: true, clearHistory: true, clearNLUContext: true },
				maxDurationSec: 900,
				timestamp: new Date().toISOString(),
			});
			await ask({ type: 'QUERY', sessionId, request: 'STATE_CHECK' });
		},
		async close() {
			const closed = new Promise((resolve) => socket.once('close', resolve));
			socket.close(1000);
			await closed;
		},
	};
}
