import { Agent } from 'node:https';
import axios from 'axios';

import type { N8nClient } from '../../n8n-host';
import { startSandbox, type Sandbox, type SandboxSession } from '../../sandbox';
import { demoUser } from '../../bench/demoUser';
import { logIn } from '../../bench/logIn';
import { CallLedger } from './callLedger';
import { openGate, type Gate } from './gate';
import { MessageLedger } from './messageLedger';
import {
	http2Faults,
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

const BOT = { botId: 'order-status', flowId: 'main' };
const REGISTRY_STREAM = 'v1-registry';
/** Sessions that are followed by themselves, from the beginning to the end. */
const SINGLE_SESSIONS = ['v1-single-1', 'v1-single-2'];

/** Longer than any run, in minutes: sessions end here when they are told to. */
const SANDBOX_TTL_MINUTES = 24 * 60;
const TOKEN_TTL_MINUTES = 2;
/** Far more than is needed, in requests a minute: so the budget is in use, and never the reason to wait. */
const REQUESTS_PER_MINUTE = 3_000;
const BOT_DELAY_MS = 100;

interface KnownSession {
	stream: Stream;
	talk: Talk;
	/** Of the messages that have to come out. */
	keys: string[];
	/** How much of the transcript was looked at. */
	read: number;
	isSingle: boolean;
}

/** Cognigy v1: starts by webhooks with and without a reply, two ways to follow sessions, two ways to reset them. */
export class V1Side implements Side {
	readonly name = 'v1';
	readonly gates: readonly Gate[];
	readonly streams: ReadonlyMap<string, Stream>;
	readonly starts = new CallLedger();
	readonly resets = new CallLedger();
	readonly callers: readonly Caller[];
	readonly secrets = [demoUser.password];
	readonly disturbEveryMs = 30_000;
	readonly #sessions = new Map<string, KnownSession>();

	private constructor(
		private readonly sandbox: Sandbox,
		private readonly gate: Gate,
		private readonly options: SideOptions,
		private readonly serviceLog: ServiceLog,
	) {
		this.gates = [gate];
		const stream = (): Stream => ({ ledger: new MessageLedger(), keyOf: ({ messageId }) => messageId });
		this.streams = new Map([REGISTRY_STREAM, ...SINGLE_SESSIONS].map((name) => [name, stream()]));
		const start = (caller: string) => ({ customerId: caller, orderId: 'A-1001', text: 'Where is my order?' });
		this.callers = [
			{ path: 'v1-start', everyMs: 3_000, ledger: this.starts, body: start },
			{ path: 'v1-reply', everyMs: 7_000, ledger: this.starts, body: start },
			{ path: 'v1-reset', everyMs: 9_000, ledger: this.resets, body: () => this.#anySession() },
		];
	}

	static async open(options: SideOptions): Promise<V1Side> {
		const serviceLog = new ServiceLog();
		const sandbox = await startSandbox({
			tls: options.tls,
			http: offered[options.http],
			sessionTtlMinutes: SANDBOX_TTL_MINUTES,
			tokenTtlMinutes: TOKEN_TTL_MINUTES,
			botDelayMs: BOT_DELAY_MS,
			log: serviceLog.log,
		});
		return new V1Side(sandbox, await openGate(sandbox.port), options, serviceLog);
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
		const host = `127.0.0.1:${this.gate.port}`;
		const credential = await client.createCredential('Cognigy v1', 'cognigyApi', {
			baseUrl: `https://${host}`,
			webSocketUrl: `wss://${host}`,
			tenantId: this.sandbox.tenantId,
			...demoUser,
			tokenTtlMinutes: TOKEN_TTL_MINUTES,
			requestsPerMinute: REQUESTS_PER_MINUTE,
		});
		const triggerFlow = (waitForReply: boolean) =>
			cognigyNode(
				'cognigyTriggerFlow',
				{
					...BOT,
					userId: '={{ $json.body.customerId }}',
					input: '={{ $json.body.text }}',
					contextMode: 'webhook',
					orderId: '={{ $json.body.orderId }}',
					payload: '={{ $json.body }}',
					waitForReply,
					options: startOptions,
				},
				credential,
			);
		const reset = (parameters: object) =>
			cognigyNode('cognigyResetSession', { ...parameters, options: { verifyTimeoutSeconds: 8 } }, credential);
		const trigger = (parameters: object) =>
			cognigyNode('cognigyStreamMessagesTrigger', { ...parameters, messageTypes: ['bot', 'webhook'] }, credential);

		await this.#startSingleSessions();
		const workflows = [
			postingWorkflow(REGISTRY_STREAM, trigger({ follow: 'registry' }), receiverUrl),
			...SINGLE_SESSIONS.map((sessionId) =>
				postingWorkflow(sessionId, trigger({ follow: 'session', ...BOT, sessionId }), receiverUrl),
			),
			answeringWorkflow('v1-start', triggerFlow(false)),
			answeringWorkflow('v1-reply', triggerFlow(true)),
			answeringWorkflow(
				'v1-reset',
				reset({ operation: 'session', botId: BOT.botId, sessionId: '={{ $json.body.sessionId }}' }),
			),
			scheduledWorkflow('v1-expired', SWEEP_EVERY_SECONDS, reset({ operation: 'expired' }), receiverUrl),
		];
		for (const workflow of workflows) await client.activateWorkflow(await client.createWorkflow(workflow));
	}

	tick(isTalking: boolean): void {
		for (const session of this.sandbox.sessions) {
			const known = this.#sessions.get(session.sessionId) ?? this.#begin(session);
			const text = isTalking ? known.talk.next() : undefined;
			if (text !== undefined) this.sandbox.say(session.sessionId, text);
			this.#readTranscript(session, known);
			// What nobody has asked for when a session ends is gone.
			if (known.talk.isOver && known.stream.ledger.haveComeOut(known.keys)) this.sandbox.endSession(session.sessionId);
		}
	}

	beginFaults(): void {
		const { faults } = this.sandbox;
		const { random, http } = this.options;
		const seed = () => Math.floor(random() * 2 ** 31);
		const slow = { kind: 'latency', ms: 1_500 } as const;
		const status = (code: number, headers = {}) => ({ kind: 'status', status: code, headers }) as const;
		const busy = status(429, { 'retry-after': '1' });
		const ofVersion = http === '2' ? http2Faults : [];
		const broken = ['dropBefore', 'resetBefore', 'dropAfter', 'resetAfter', 'truncate', 'badJson'] as const;
		const answers = [...broken, slow, ...ofVersion];
		faults.random({
			seed: seed(),
			probability: 0.06,
			operations: ['messages'],
			kinds: [...answers, 'wrongContentType', busy, status(500), status(503)],
		});
		faults.random({
			seed: seed(),
			probability: 0.1,
			operations: ['start'],
			kinds: [...answers, 'hang', busy, status(500), status(502)],
		});
		faults.random({
			seed: seed(),
			probability: 0.2,
			operations: ['login'],
			kinds: ['dropAfter', 'badJson', status(503)],
		});
		faults.random({
			seed: seed(),
			probability: 0.05,
			operations: ['connect'],
			kinds: ['dropBefore', slow, status(502)],
		});
		faults.random({
			seed: seed(),
			probability: 0.05,
			operations: ['reset', 'stateCheck'],
			kinds: ['dropBefore', 'dropAfter', 'lostAnswer', slow],
		});
	}

	disturb(): void {
		this.sandbox.expireTokens();
	}

	endFaults(): void {
		this.sandbox.faults.clear();
	}

	async close(): Promise<void> {
		this.gate.close();
		await this.sandbox.close();
	}

	#begin(session: SandboxSession): KnownSession {
		const { sessionId, userId } = session;
		const isSingle = SINGLE_SESSIONS.includes(sessionId);
		const stream = this.streams.get(isSingle ? sessionId : REGISTRY_STREAM);
		if (!stream) throw new Error(`Nobody follows session ${sessionId}.`);
		const known = { stream, talk: new Talk(this.options.random, isSingle), keys: [], read: 0, isSingle };
		this.#sessions.set(sessionId, known);
		if (!isSingle) this.starts.started(userId);
		return known;
	}

	#readTranscript({ transcript }: SandboxSession, known: KnownSession): void {
		const fresh = transcript.slice(known.read).filter(({ type }) => type !== 'user');
		known.read = transcript.length;
		for (const { messageId } of fresh) {
			known.keys.push(messageId);
			known.stream.ledger.said(messageId);
		}
	}

	#anySession(): object | undefined {
		const { sessions } = this.sandbox;
		const session = sessions[Math.floor(this.options.random() * sessions.length)];
		return session && { sessionId: session.sessionId };
	}

	/** As somebody else would: n8n has not started them, and knows only their ids. */
	async #startSingleSessions(): Promise<void> {
		const http = axios.create({ httpsAgent: new Agent({ ca: this.options.tls.ca }) });
		const headers = { Authorization: `Bearer ${await logIn(this.sandbox.url, http)}` };
		const url = `${this.sandbox.url}/api/v1/bots/${BOT.botId}/flows/${BOT.flowId}/sessions`;
		for (const sessionId of SINGLE_SESSIONS) {
			await http.post(url, { userId: 'somebody', sessionId, input: '', context: {} }, { headers });
		}
	}
}
