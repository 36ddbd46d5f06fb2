import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';

import { CallGroup } from '../callGroup';
import { CognigyError, invalidInput } from '../errors';
import { checkInput } from '../input';
import type { HttpTransport } from '../http/transport';
import { Metrics, type MetricsSnapshot } from '../observe/metrics';
import { observed } from '../observe/observer';
import type { Clock } from '../time/clock';
import { Deadline } from '../time/deadline';
import type {
	CallOptions,
	CognigyClient,
	ResetSessionInput,
	ResetSessionResult,
	TriggerFlowInput,
	TriggerFlowResult,
	ValidateVersionInput,
	ValidateVersionResult,
} from '../types';
import type { WebSocketTransport } from '../webSocket/transport';
import type { CallContext, CallTrace } from './attempts';
import type { V1Config } from './config';
import { callOptionsSchema, resetSessionSchema, triggerFlowSchema, validateVersionSchema } from './inputs';
import { compileReset, resetSession } from './resetSession';
import { V1Rest } from './rest';
import { ChannelPool } from './runtime/channelPool';
import { RuntimeDialer } from './runtime/dialer';
import { v1Tokens } from './tokens';
import { startBody, triggerFlow } from './triggerFlow';
import { validateVersion } from './validateVersion';

export interface V1ClientDependencies {
	transport: HttpTransport;
	webSocket: WebSocketTransport;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
}

/** The client on the v1 runtime API (login with user name and password). */
export class V1Client implements CognigyClient {
	readonly #config: V1Config;
	readonly #rest: V1Rest;
	readonly #dialer: RuntimeDialer;
	readonly #pools = new Set<ChannelPool>();
	readonly #metrics = new Metrics();
	readonly #transport: HttpTransport;
	readonly #clock: Clock;
	readonly #random: () => number;
	readonly #closing = new AbortController();

	constructor(config: V1Config, { transport, webSocket, clock, random }: V1ClientDependencies) {
		this.#config = config;
		const tokens = v1Tokens({ config, transport, clock, random });
		this.#rest = new V1Rest({ config, transport, clock, random, tokens });
		this.#dialer = new RuntimeDialer({ config, webSocket, tokens, clock });
		this.#transport = transport;
		this.#clock = clock;
		this.#random = random;
		// One listener per running operation is no leak.
		setMaxListeners(0, this.#closing.signal);
	}

	check(operation: 'validateVersion' | 'triggerFlow' | 'resetSession', input: unknown, options: CallOptions): void {
		switch (operation) {
			case 'validateVersion':
				checkInput(validateVersionSchema, input);
				break;
			case 'triggerFlow':
				toBody({ ...checkInput(triggerFlowSchema, input), sessionId: '' });
				break;
			case 'resetSession':
				this.#checkReset(input);
		}
		checkInput(callOptionsSchema, { options });
	}

	async validateVersion(input: ValidateVersionInput, options: CallOptions): Promise<ValidateVersionResult> {
		const { botId, flowId, targetEnvironment } = input;
		const trace: CallTrace = { attempts: 0 };
		return await observed(
			this.#clock,
			this.#metrics,
			{
				operation: 'validateVersion',
				subject: { botId, flowId },
				input: { targetEnvironment },
				auditInput: options.auditInput,
				trace,
				onAudit: options.onAudit,
			},
			async () => {
				const checked = checkInput(validateVersionSchema, input);
				return await this.#within(
					options,
					trace,
					async (context) => await validateVersion(this.#rest, checked, context),
				);
			},
		);
	}

	async triggerFlow(input: TriggerFlowInput, options: CallOptions): Promise<TriggerFlowResult> {
		const { botId, flowId, userId, context: flowContext } = input;
		const sessionId = input.sessionId || randomUUID();
		const subject = { botId, flowId, sessionId, userId };
		const trace: CallTrace = { attempts: 0 };
		return await observed(
			this.#clock,
			this.#metrics,
			{
				operation: 'triggerFlow',
				subject,
				input: { input: input.input, context: flowContext },
				auditInput: options.auditInput,
				trace,
				onAudit: options.onAudit,
			},
			async () => {
				const checked = { ...checkInput(triggerFlowSchema, input), sessionId };
				const body = toBody(checked);
				const result = await this.#within(
					options,
					trace,
					async (context) => await triggerFlow(this.#rest, this.#clock, checked, body, context),
				);
				// The service may have chosen an id of its own.
				subject.sessionId = result.sessionId;
				return result;
			},
		);
	}

	async resetSession(input: ResetSessionInput, options: CallOptions): Promise<ResetSessionResult> {
		const { botId, sessionId, ...what } = input;
		const trace: CallTrace = { attempts: 0 };
		const result = await observed(
			this.#clock,
			this.#metrics,
			{
				operation: 'resetSession',
				subject: { botId, sessionId },
				input: what,
				auditInput: options.auditInput,
				trace,
				onAudit: options.onAudit,
			},
			async () => {
				const checked = this.#checkReset(input);
				const frame = compileReset(checked, this.#clock.wallTime());
				return await this.#within(
					options,
					trace,
					async (context) => await this.#reset(checked, frame, options, context),
				);
			},
		);
		const { audit, ...reset } = result;
		return { ...reset, latencyMs: audit.latencyMs, audit };
	}

	metrics(): MetricsSnapshot {
		return this.#metrics.snapshot();
	}

	close(): void {
		this.#closing.abort();
		for (const pool of this.#pools) void pool.close();
		this.#transport.close();
	}

	#checkReset(input: unknown): ResetSessionInput {
		const checked = checkInput(resetSessionSchema, input);
		if (this.#config.tenantId === '') throw tenantMissing;
		return checked;
	}

	async #reset(input: ResetSessionInput, frame: string, options: CallOptions, context: CallContext) {
		const group = options.group ?? new CallGroup();
		try {
			const channels = group.shared(this, () => this.#openPool());
			return await resetSession(
				{ channels, dialer: this.#dialer, clock: this.#clock, random: this.#random },
				input,
				frame,
				context,
			);
		} finally {
			if (!options.group) await group.close();
		}
	}

	#openPool(): ChannelPool {
		const pool = new ChannelPool(() => this.#pools.delete(pool));
		this.#pools.add(pool);
		return pool;
	}

	async #within<T>(options: CallOptions, trace: CallTrace, run: (context: CallContext) => Promise<T>): Promise<T> {
		checkInput(callOptionsSchema, { options });
		const signals = options.signal ? [this.#closing.signal, options.signal] : [this.#closing.signal];
		const deadline = new Deadline(this.#clock, options.timeoutSeconds * 1000, signals);
		try {
			return await run({ deadline, retries: options.retries, trace });
		} finally {
			deadline.dispose();
		}
	}
}

function toBody(input: TriggerFlowInput & { sessionId: string }): string {
	try {
		return startBody(input);
	} catch {
		throw invalidInput('context', 'cannot be written as JSON', 'Use only text, numbers, lists and objects in it.');
	}
}

const tenantMissing = new CognigyError({
	category: 'invalidInput',
	message: 'Tenant ID in the credential is empty; the runtime channel needs it',
	advice: 'Put your tenant into the credential "Cognigy v1 API". Nothing was sent.',
	parameter: 'tenantId',
});
