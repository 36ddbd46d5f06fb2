import type { IDataObject } from 'n8n-workflow';

import type { Sandbox } from '../../../sandbox';
import { differs } from '../../support/edition';
import { call } from '../../unit/sandbox/support';
import { runNode, type RunOptions } from '../engine';
import { PASSWORD, startOrderBot, USERNAME } from './index';

/** Bots that say nothing by themselves: only what a test lets them say. */
export const silentBots = { botDelayMs: 3_600_000 };

/** Starts a session as somebody else does: no registry of ours knows it. */
export async function startElsewhere(sandbox: Sandbox, ...sessionIds: string[]): Promise<void> {
	const post = async (path: string, body: object, token?: string): Promise<Record<string, unknown>> => {
		const { status, json } = await call(sandbox.url + path, { body, ...(token ? { token } : {}) });
		if (status >= 300) throw new Error(`${path} was answered with ${status}`);
		return json;
	};
	const { token } = await post('/api/v1/auth/login', { username: USERNAME, password: PASSWORD });
	for (const sessionId of sessionIds) {
		const start = { userId: 'somebody', sessionId, context: {}, input: '' };
		await post('/api/v1/bots/order-status/flows/main/sessions', start, String(token));
	}
	sandbox.resetStats();
}

/** Starts sessions with the node Trigger Flow: they are in the registry of the credential. The user says nothing. */
export async function startWithNode(
	credential: RunOptions['credential'],
	sessionIds: string | string[],
	parameters: IDataObject = {},
): Promise<void> {
	const { error } = await runNode({
		type: 'cognigyTriggerFlow',
		credential,
		parameters: { ...startOrderBot, userId: 'user-1', input: '', sessionId: '={{ $json.id }}', ...parameters },
		items: [sessionIds].flat().map((id) => ({ json: { id } })),
	});
	if (error) throw error;
}

/** Parameters of the trigger that follow one session of the order bot. */
export function followSession(sessionId: string, more: IDataObject = {}): IDataObject {
	return { follow: 'session', botId: 'order-status', flowId: 'main', sessionId, ...more };
}

/** Parameters of the trigger that follow all open sessions. */
export function followRegistry(more: IDataObject = {}): IDataObject {
	return { follow: 'registry', ...more };
}

/** Parameters of the trigger that follow a session that was started with the node, by whichever way the edition has. */
export function followStarted(sessionId: string, more: IDataObject = {}): IDataObject {
	return differs('one-named-session') ? followSession(sessionId, more) : followRegistry(more);
}
