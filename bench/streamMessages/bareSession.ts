import { Agent } from 'node:https';
import axios from 'axios';

import { logIn } from '../logIn';
import type { Arrivals } from './arrivals';
import { botId, flowId, type BareTask } from './task';

/** Asks once for the messages of a session, which arrive. */
export type Ask = (sessionId: string, isLongPoll: boolean) => Promise<void>;

/** Starts the sessions with nothing around axios: no retries, no checks, no memory of what came. */
export async function startBareSessions({ baseUrl, sessionIds }: BareTask, arrivals: Arrivals): Promise<Ask> {
	// By default Node keeps 256 of the connections whose polls end at the same time.
	const http = axios.create({ httpsAgent: new Agent({ keepAlive: true, maxFreeSockets: Infinity }) });
	const headers = { Authorization: `Bearer ${await logIn(baseUrl, http)}` };
	const sessions = `${baseUrl}/api/v1/bots/${botId}/flows/${flowId}/sessions`;
	for (const sessionId of sessionIds) {
		await http.post(sessions, { userId: 'user', sessionId, input: '', context: {} }, { headers });
	}
	return async (sessionId, isLongPoll) => {
		const params = isLongPoll ? { wait: true } : {};
		const { status, data } = await http.get<Array<{ text: string }>>(`${sessions}/${sessionId}/messages`, {
			headers,
			params,
		});
		if (status === 200) for (const { text } of data) arrivals.add(text);
	};
}
