import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';

import { invalidInput } from '../errors';
import { checkInput } from '../input';
import type { HttpTransport } from '../http/transport';
import { Metrics, type MetricsSnapshot } from '../observe/metrics';
import { observed } from '../observe/observer';
import type { Clock } from '../time/clock';
import { Deadline } from '../time/deadline';
import type {
	CallOptions,
	CognigyClient,
	TriggerFlowInput,
	TriggerFlowResult,
	ValidateVersionInput,
	ValidateVersionResult,
} from '../types';
import type { V1Config } from './config';
import { callOptionsSchema, triggerFlowSchema, validateVersionSchema } from './inputs';
import type { CallContext, CallTrace } from './attempts';
import { V1Rest } from './rest';
import { v1Tokens } from './tokens';
import { startBody, triggerFlow } from './triggerFlow';
import { validateVersion } from './validateVersion';

export interface V1ClientDependencies {
	transport: HttpTransport;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
}

/** The client on the v1 runtime API (login with user name and password). */
export class V1Client implements CognigyClient {
	readonly #rest: V1Rest;
	readonly #metrics = new Metrics();
	readonly #transport: HttpTransport;
	readonly #clock: Clock;
	readonly #closing = new AbortController();

	constructor(config: V1Config, { transport, clock, random }: V1ClientDependencies) {
		const tokens = v1Tokens({ config, transport, clock, random });
		this.#rest = new V1Rest({ config, transport, clock, random, tokens });
		this.#transport = transport;
		this.#clock = clock;
		// One listener per running operation is no leak.
		setMaxListeners(0, this.#closing.signal);
	}

	check(operation: 'validateVersion' | 'triggerFlow', input: unknown, options: CallOptions): void {
		if (operation === 'validateVersion') checkInput(validateVersionSchema, input);
		else toBody({ ...checkInput(triggerFlowSchema, input), sessionId: '' });
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

	metrics(): MetricsSnapshot {
		return this.#metrics.snapshot();
	}

	close(): void {
		this.#closing.abort();
		this.#transport.close();
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
