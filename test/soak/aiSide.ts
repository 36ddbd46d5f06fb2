import { io } from 'socket.io-client';

import type { N8nClient } from '../../n8n-host';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSession, type EndpointInfo } from '../../sandbox';
import { aiFaultsOver } from './aiFaults';
import { CallLedger } from './callLedger';
import { openGate, type Gate } from './gate';
import { MessageLedger } from './messageLedger';
import {
	offered,
	ServiceLog,
	startOptions,
	SWEEP_EVERY_SECONDS,
	type Caller,
	type HttpVersion,
	type Side,
	type SideOptions,
	type Stream,
} from './side';
import { Talk } from './talk';
import { answeringWorkflow, cognigyNode, postingWorkflow, scheduledWorkflow } from './workflows';

const REGISTRY_STREAM = 'ai-registry';
const WEBHOOK_STREAM = 'ai-webhook';
const SINGLE_STREAM = 'ai-single';
/** The endpoints that flows are started through, and who gets what is said there; a REST endpoint says nothing later. */
const REST = 'Orders REST';
const SOCKET = 'Orders Socket';
const WEBHOOK = 'Orders Webhook';
/** Followed by itself, from the beginning to the end. */
const SINGLE = 'Showcase Socket';
const single = { userId: 'somebody', sessionId: 'ai-single-1' };
const streamOf = new Map([
	[SOCKET, REGISTRY_STREAM],
	[WEBHOOK, WEBHOOK_STREAM],
	[SINGLE, SINGLE_STREAM],
]);

/** What the Webhook endpoint shows when it calls n8n. */
const caller = { user: 'cognigy', password: 'soak-webhook-password' };

/** How long n8n may take to begin to follow, in ms. */
const PATIENCE_MS = 20_000;

interface KnownSession {
	stream: Stream | undefined;
	talk: Talk;
	/** How much of the conversation was looked at. */
	read: number;
	/** How many of its inputs were counted. */
	turns: number;
}

/** Cognigy.AI: starts by webhooks over three channels, three ways to hear of messages, two ways to reset sessions. */
export class AiSide implements Side {
	readonly name = 'Cognigy.AI';
	readonly gates: readonly Gate[];
	readonly streams: ReadonlyMap<string, Stream>;
	readonly starts = new CallLedger();
	readonly resets = new CallLedger();
	readonly callers: readonly Caller[];
	readonly secrets: readonly string[];
	readonly disturbEveryMs = 1_500;
	readonly #sessions = new Map<string, KnownSession>();

	private constructor(
		private readonly sandbox: CognigyAiSandbox,
		private readonly apiGate: Gate,
		private readonly endpointGate: Gate,
		private readonly options: SideOptions,
		private readonly serviceLog: ServiceLog,
	) {
		this.gates = [apiGate, endpointGate];
		const stream = (): Stream => ({ ledger: new MessageLedger(), keyOf });
		this.streams = new Map([...streamOf.values()].map((name) => [name, stream()]));
		const start = (customerId: string) => ({ customerId, text: 'Where is order A-1001?' });
		const { starts, resets } = this;
		this.callers = [
			{ path: 'ai-rest', everyMs: 4_000, ledger: starts, body: start },
			{ path: 'ai-socket', everyMs: 8_000, ledger: starts, body: start },
			{ path: 'ai-callback', everyMs: 12_000, ledger: starts, body: start },
			{ path: 'ai-reset', everyMs: 13_000, ledger: resets, body: () => this.#anySocketSession() },
		];
		this.secrets = [sandbox.apiKey, caller.password, ...sandbox.endpoints.map(({ urlToken }) => urlToken)];
	}

	static async open(options: SideOptions): Promise<AiSide> {
		const serviceLog = new ServiceLog();
		const { tls, http } = options;
		const sandbox = await startCognigyAiSandbox({ tls, http: offered[http], log: serviceLog.log });
		sandbox.changeEndpoint(WEBHOOK, { basicAuthUser: caller.user, basicAuthPassword: caller.password });
		const [apiGate, endpointGate] = [await openGate(sandbox.port), await openGate(sandbox.endpointPort)];
		return new AiSide(sandbox, apiGate, endpointGate, options, serviceLog);
	}

	get faults(): ReadonlyMap<string, number> {
		return this.serviceLog.faults;
	}

	get http(): HttpVersion {
		return this.options.http;
	}

	get http2Requests(): number {
		return this.serviceLog.http2Requests;
	}

	get sessionCount(): number {
		return this.#sessions.size;
	}

	async publish(client: N8nClient, receiverUrl: string): Promise<void> {
		const { apiKey, projectId } = this.sandbox;
		const credential = await client.createCredential('Cognigy.AI', 'cognigyAiApi', {
			apiBaseUrl: `https://127.0.0.1:${this.apiGate.port}`,
			apiKey,
			projectId,
		});
		const basicAuth = await client.createCredential('Calls of Cognigy.AI', 'httpBasicAuth', caller);
		const triggerFlow = (channel: string, endpoint: string) =>
			cognigyNode(
				'cognigyTriggerFlow',
				{
					channel,
					endpoint: this.#urlOf(endpoint),
					userId: '={{ $json.body.customerId }}',
					input: '={{ $json.body.text }}',
					options: startOptions,
				},
				credential,
			);
		const reset = (parameters: object) =>
			cognigyNode('cognigyResetSession', { resetMode: 'context', ...parameters }, credential);
		const trigger = (parameters: object) => cognigyNode('cognigyStreamMessagesTrigger', { ...parameters }, credential);

		const followSingle = trigger({ follow: 'session', endpoint: this.#urlOf(SINGLE), ...single });
		const workflows = [
			postingWorkflow(SINGLE_STREAM, followSingle, receiverUrl),
			postingWorkflow(REGISTRY_STREAM, trigger({ follow: 'registry', endpoint: this.#urlOf(SOCKET) }), receiverUrl),
			postingWorkflow(
				WEBHOOK_STREAM,
				cognigyNode(
					'cognigyWebhookTrigger',
					{ incomingAuthentication: 'basicAuth', setWebhookUrl: true, endpoint: this.#picked(WEBHOOK) },
					credential,
					basicAuth,
				),
				receiverUrl,
			),
			answeringWorkflow('ai-rest', triggerFlow('rest', REST)),
			answeringWorkflow('ai-socket', triggerFlow('socketio', SOCKET)),
			answeringWorkflow('ai-callback', triggerFlow('webhook', WEBHOOK)),
			answeringWorkflow(
				'ai-reset',
				reset({
					operation: 'session',
					sessionId: '={{ $json.body.sessionId }}',
					userId: '={{ $json.body.userId }}',
					endpoint: this.#picked(SOCKET),
				}),
			),
			scheduledWorkflow('ai-expired', SWEEP_EVERY_SECONDS, reset({ operation: 'expired' }), receiverUrl),
		];
		for (const workflow of workflows) await client.activateWorkflow(await client.createWorkflow(workflow));
		const isReady = () => this.sandbox.stats().sockets.open > 0 && this.sandbox.endpoint(WEBHOOK).webhookUrl !== '';
		await this.sandbox.when(isReady, PATIENCE_MS);
		await this.#startSingleSession();
	}

	tick(isTalking: boolean): void {
		for (const session of this.sandbox.sessions) {
			const known = this.#sessions.get(session.sessionId) ?? this.#begin(session);
			if (!isSingle(session)) {
				for (; known.turns < session.turns; known.turns++) this.starts.started(session.userId);
			}
			const text = isTalking && known.stream ? known.talk.next() : undefined;
			if (text !== undefined) this.sandbox.say(session, { text });
			for (const { type, source, text: said } of session.conversation.slice(known.read)) {
				if (type === 'output' && source === 'bot') known.stream?.ledger.said(keyOf({ ...session, text: said }));
			}
			known.read = session.conversation.length;
		}
	}

	/** There are none by chance here: `disturb` brings them. */
	beginFaults(): void {}

	disturb(): void {
		const { http, random } = this.options;
		const faults = aiFaultsOver[http];
		const fault = faults[Math.floor(random() * faults.length)];
		// One that nothing has come for makes room for the next.
		this.sandbox.faults.clear();
		if (fault) this.sandbox.faults.inject(fault);
	}

	endFaults(): void {
		this.sandbox.faults.clear();
		this.sandbox.dropSockets();
	}

	async close(): Promise<void> {
		for (const gate of this.gates) gate.close();
		await this.sandbox.close();
	}

	#begin(session: CognigyAiSession): KnownSession {
		const stream = this.streams.get(streamOf.get(session.endpoint) ?? '');
		const known = { stream, talk: new Talk(this.options.random, isSingle(session)), read: 0, turns: 0 };
		this.#sessions.set(session.sessionId, known);
		return known;
	}

	#anySocketSession(): object | undefined {
		const sessions = this.sandbox.sessions.filter(
			({ endpoint, sessionId }) => endpoint === SOCKET && this.#sessions.get(sessionId)?.talk.isOver === false,
		);
		const session = sessions[Math.floor(this.options.random() * sessions.length)];
		return session && { sessionId: session.sessionId, userId: session.userId };
	}

	/** As n8n reaches it. */
	#urlOf(name: string): string {
		const url = new URL(this.sandbox.endpoint(name).url);
		url.port = String(this.endpointGate.port);
		return url.href;
	}

	/** How the editor keeps what was picked in a resource locator. */
	#picked(name: string): object {
		const { id }: EndpointInfo = this.sandbox.endpoint(name);
		return { __rl: true, mode: 'id', value: id };
	}

	/** As a visitor of a website would. The flow says nothing to it. */
	async #startSingleSession(): Promise<void> {
		const { urlToken } = this.sandbox.endpoint(SINGLE);
		const socket = io(this.sandbox.endpointUrl, {
			query: { ...single, urlToken, emitWithAck: 'true' },
			transports: ['websocket'],
			// Typed for browsers only.
			...{ ca: this.options.tls.ca },
		});
		socket.emit('processInput', { ...single, URLToken: urlToken, text: 'silent', data: {} });
		await this.sandbox.when(() => this.sandbox.session(single.sessionId)?.turns === 1);
		socket.disconnect();
	}
}

function isSingle({ sessionId }: CognigyAiSession): boolean {
	return sessionId === single.sessionId;
}

/** The service gives messages no ids. */
function keyOf({ sessionId, text }: { sessionId: string; text: string }): string {
	return `${sessionId}: ${text}`;
}
