import { Agent } from 'node:https';
import axios from 'axios';

import type { StoredWorkflow, WorkflowDefinition } from '../../n8n-host';
import { startSandbox, type Sandbox } from '../../sandbox';
import { demoUser } from '../demoUser';
import { logIn } from '../logIn';
import { timeInN8n } from '../n8n/workflow';
import { sessionsNamed } from '../streamMessages/started';
import { botId, flowId } from '../streamMessages/task';
import type { Deliveries } from './deliveries';
import type { MeasuringPlace } from './place';
import { measuredTalk } from './talk';
import { pollingWorkflow, startingWorkflow, streamWorkflow } from './workflows';

/** How the service behaves. */
export interface ServiceTraits {
	serverLatencyMs: number;
	/** Whether its answers begin with the last messages of the answer before, which the contract allows. */
	repeats: boolean;
}

export interface WayResult extends Deliveries {
	/** Of the service, while messages were said. */
	requestsPerMinute: number;
}

/** Three ways, all in one n8n at the same time, each with sessions of its own. */
export interface V1Result extends ServiceTraits {
	what: 'v1';
	trigger: WayResult;
	/** Schedule, each second: asks all sessions for what is there. */
	schedule: WayResult;
	/** Schedule, each second, for each session by itself: has the service hold the request open. */
	scheduledLongPolls: WayResult;
}

const WAYS = ['trigger', 'schedule', 'scheduledLongPolls'] as const;
type WayName = (typeof WAYS)[number];

/** Longer than the bench takes. */
const SESSION_TTL_MINUTES = 24 * 60;

export async function measureV1(place: MeasuringPlace, traits: ServiceTraits): Promise<V1Result> {
	const { workplace, client, setup, receiver } = place;
	const { serverLatencyMs, repeats } = traits;
	const sandbox = await startSandbox({
		tls: workplace.tls,
		latencyMs: serverLatencyMs,
		replay: repeats ? 'overlap' : 'once',
		sessionTtlMinutes: SESSION_TTL_MINUTES,
	});
	let workflows: StoredWorkflow[] = [];
	try {
		const ids = Object.fromEntries(WAYS.map((name) => [name, sessionsNamed(name, setup.sessions)]));
		const sessionIds = ids as Record<WayName, string[]>;
		const definitions = await prepare(place, sandbox, sessionIds);
		workflows = await Promise.all(definitions.map(async (workflow) => await client.createWorkflow(workflow)));
		await Promise.all(workflows.map(async (workflow) => await client.activateWorkflow(workflow)));

		const title = `${serverLatencyMs} ms${repeats ? ', repeating' : ''}`;
		const say = (sessionId: string, text: string) => void sandbox.say(sessionId, text);
		let before = 0;
		let beganAt = 0;
		const deliveries = await measuredTalk({ ...setup, sessionIds, say, receiver, title }, () => {
			before = sandbox.requests.length;
			beganAt = performance.now();
		});
		const minutes = (performance.now() - beganAt) / 60_000;
		const polls = sandbox.requests.slice(before).filter(({ operation }) => operation === 'messages');
		const of = (name: WayName): WayResult => ({
			...deliveries[name],
			requestsPerMinute: polls.filter(({ sessionId }) => sessionIds[name].includes(sessionId ?? '')).length / minutes,
		});
		return {
			what: 'v1',
			...traits,
			trigger: of('trigger'),
			schedule: of('schedule'),
			scheduledLongPolls: of('scheduledLongPolls'),
		};
	} finally {
		for (const workflow of workflows) await client.deactivateWorkflow(workflow);
		// Polls of executions that still run end with it.
		await sandbox.close();
	}
}

/** Starts the sessions. @returns the workflows that read them */
async function prepare(
	{ client, receiver }: MeasuringPlace,
	sandbox: Sandbox,
	sessionIds: Record<WayName, string[]>,
): Promise<WorkflowDefinition[]> {
	const fields = { baseUrl: sandbox.url, ...demoUser, requestsPerMinute: 0 };
	const credential = await client.createCredential(`Sandbox ${sandbox.port}`, 'cognigyApi', fields);
	const flow = { botId, flowId, userId: 'user', input: '' };
	const start = await client.createWorkflow(startingWorkflow(credential, sessionIds.trigger, flow));
	await timeInN8n(client, start, { items: sessionIds.trigger.length });

	const http = axios.create({ httpsAgent: new Agent({ ca: sandbox.caCertificate }) });
	const token = await logIn(sandbox.url, http);
	const headers = { Authorization: `Bearer ${token}` };
	const sessions = `${sandbox.url}/api/v1/bots/${botId}/flows/${flowId}/sessions`;
	for (const sessionId of [...sessionIds.schedule, ...sessionIds.scheduledLongPolls]) {
		await http.post(sessions, { userId: 'user', sessionId, input: '', context: {} }, { headers });
	}
	const url = `${sessions}/{{ $json.sessionId }}/messages`;
	const poll = (name: string, ids: string[], query = '') =>
		pollingWorkflow(name, { url: `${url}${query}`, token, sessionIds: ids }, receiver.url);
	return [
		streamWorkflow(credential, {}, receiver.url),
		poll('Schedule', sessionIds.schedule),
		// HTTP Request waits for the answers of all its items, so each session has a workflow of its own.
		...sessionIds.scheduledLongPolls.map((id) => poll(`Schedule with long polls of ${id}`, [id], '?wait=true')),
	];
}
