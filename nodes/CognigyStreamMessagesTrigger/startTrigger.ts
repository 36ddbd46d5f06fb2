import type { INodeProperties, ITriggerFunctions, ITriggerResponse, LogMetadata } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { CognigyClient, CognigyError, MessageBatch } from '../../client';
import { offers } from '../../client/offers';
import { logAudit } from '../shared/auditLog';
import { loadClient, type ClientModule } from '../shared/loadClient';
import { failedExecutionReport, knowsDeduplicationKeys, sayWhatTriggersLack } from '../shared/n8nFeatures';
import { asCognigyError, toNodeError } from '../shared/nodeError';
import { openClient } from '../shared/openClient';
import { withoutSecrets } from '../shared/secretParameters';
import { isKeptHere } from '../shared/stateStore';
import { emitAndWait, itemsOf } from './emitBatch';
import { Outage } from './outage';
import { runningTriggers } from './runningTriggers';
import { staticDataMemory } from './staticDataMemory';
import { readSettings, type FollowInput, type TriggerSettings } from './settings';
import { queueModeWarning, registryProblem } from './stateStore';
import { Supervisor } from './supervisor';

/** How long a test run waits for the first message, in ms. */
const TEST_WAIT_MS = 120_000;

/** Activations at which a person waits for an answer, so that they are told at once what can never work. */
const WATCHED_ACTIVATIONS = ['activate', 'create', 'update', 'manual'];

/**
 * Begins to follow sessions, for production or for one test run.
 * @throws {NodeOperationError | NodeApiError} for wrong parameters, and where a person waits for refused credentials as well
 */
export async function startTrigger(
	context: ITriggerFunctions,
	properties: INodeProperties[],
): Promise<ITriggerResponse> {
	const client = await loadClient();
	const trigger = new CognigyTrigger(context, properties, client);
	return context.getMode() === 'manual' ? await trigger.forTest() : await trigger.forProduction();
}

class CognigyTrigger {
	readonly #name: string;
	readonly #origin: LogMetadata;

	constructor(
		private readonly context: ITriggerFunctions,
		private readonly properties: INodeProperties[],
		private readonly client: ClientModule,
	) {
		const { id: workflowId } = context.getWorkflow();
		const { id: nodeId, name: nodeName } = context.getNode();
		this.#name = `${workflowId ?? ''}:${nodeId}`;
		this.#origin = { workflowId: workflowId ?? '', nodeName };
	}

	async forProduction(): Promise<ITriggerResponse> {
		const settings = await this.#settings();
		const { logger } = this.context;
		const isWatched = WATCHED_ACTIVATIONS.includes(this.context.getActivationMode());
		const problem = await this.#storeProblem();
		if (problem && isWatched) throw this.#nodeError(problem);
		const warning = problem ? `${problem.message}. ${problem.advice}` : await this.#storeWarning(settings.input);
		if (warning) logger.warn(`Cognigy Stream Messages: ${warning}`, this.#origin);
		if (isWatched) await this.#checkLogin(neverAborted);
		const supervisor = new Supervisor({
			...settings,
			client: this.client,
			memory: offers.lastingSessions ? undefined : staticDataMemory(this.context, settings.input.sessionId),
			openClient: async () => await this.#openClient(),
			consumer: this.#name,
			onBatch: async (batch) => {
				logAudit(logger, batch.audit, this.#origin);
				await emitAndWait(this.context, batch, this.client);
			},
			recognisesBatches: knowsDeduplicationKeys(this.context),
			onOver: () => logger.warn(sessionNotThere(settings.input.sessionId), this.#origin),
			onWarning: (message) => logger.warn(`Cognigy Stream Messages: ${message}`, this.#origin),
			outage: new Outage({
				logger,
				origin: this.#origin,
				report: failedExecutionReport(this.context),
				toNodeError: (error) => this.#nodeError(error),
			}),
			asCognigyError: (error) => asCognigyError(error, this.client),
			isWrongCredential: (error) => error instanceof this.client.CognigyError,
		});
		sayWhatTriggersLack(this.context, this.#origin);
		const running = runningTriggers(this.client);
		supervisor.start(running.supersede(this.#name, supervisor));
		return { closeFunction: async () => await running.stop(this.#name, supervisor) };
	}

	/** The first message that comes; nothing is remembered as emitted, so production misses nothing. */
	async forTest(): Promise<ITriggerResponse> {
		const { input } = await this.#settings();
		const problem = await this.#storeProblem();
		if (problem) throw this.#nodeError(problem);
		const over = new AbortController();
		const manualTriggerFunction = async () => {
			try {
				await this.#checkLogin(over.signal);
				const batch = await this.#firstBatch(input, over.signal);
				this.context.emit([itemsOf(batch)]);
			} finally {
				over.abort();
			}
		};
		return { manualTriggerFunction, closeFunction: async () => over.abort() };
	}

	async #firstBatch(input: FollowInput, signal: AbortSignal): Promise<MessageBatch> {
		const { clock } = this.client.edition;
		const client = await this.#openClient();
		const warning = await this.#storeWarning(input);
		signal.throwIfAborted();
		let trouble: CognigyError | undefined;
		const enough = new AbortController();
		const first = new Promise<MessageBatch>((resolve, reject) => {
			const cancelTimer = clock.after(TEST_WAIT_MS, () => reject(noMessage(this.context, trouble, warning)));
			enough.signal.addEventListener('abort', cancelTimer, { once: true });
			signal.addEventListener('abort', () => reject(signal.reason), { once: true });
			client
				.follow(input, {
					// Of its own: what a test shows must not be missing later, neither in production nor in the next test.
					consumer: `${this.#name}:test:${Date.now()}`,
					signal: AbortSignal.any([signal, enough.signal]),
					onBatch: async (batch) => resolve(batch),
					onTrouble: (error) => {
						trouble = error;
						if (isPermanent(error)) reject(this.#nodeError(error));
					},
					onRecovered: () => (trouble = undefined),
				})
				.then(
					() => reject(this.#nodeError(sessionIsOver(this.client, input.sessionId))),
					(error: unknown) => reject(this.#nodeError(asCognigyError(error, this.client))),
				);
		});
		return await first.finally(() => enough.abort());
	}

	async #settings(): Promise<TriggerSettings> {
		try {
			const settings = readSettings(this.context, this.client);
			// Without a credential that can be read nobody knows what to check; it is tried again later.
			const client = await this.#openClient().catch(() => undefined);
			client?.checkFollow(settings.input);
			return settings;
		} catch (error) {
			throw this.#nodeError(asCognigyError(error, this.client));
		}
	}

	async #storeProblem(): Promise<CognigyError | undefined> {
		return (await isKeptHere(this.context)) ? await registryProblem(this.client) : undefined;
	}

	async #storeWarning({ sessionId }: FollowInput): Promise<string | undefined> {
		return sessionId || !(await isKeptHere(this.context)) ? undefined : queueModeWarning(this.client);
	}

	/** What can never work is said at once; what may pass is left to the supervisor. */
	async #checkLogin(signal: AbortSignal): Promise<void> {
		try {
			const client = await this.#openClient();
			await client.logIn(signal);
		} catch (error) {
			const known = asCognigyError(error, this.client);
			if (isPermanent(known)) throw this.#nodeError(known);
		}
	}

	async #openClient(): Promise<CognigyClient> {
		return await openClient(this.context, this.client);
	}

	#nodeError(error: CognigyError) {
		return toNodeError(this.context.getNode(), this.properties, error);
	}
}

const neverAborted = new AbortController().signal;

/** What only a person can mend. */
function isPermanent({ category }: CognigyError): boolean {
	return ['authentication', 'permission', 'notFound', 'invalidInput'].includes(category);
}

function sessionNotThere(sessionId: string): string {
	return `Cognigy Stream Messages: Cognigy does not know session "${sessionId}" (any more); it is asked for again every minute`;
}

function sessionIsOver(client: ClientModule, sessionId: string): CognigyError {
	return client.invalidInput(
		'sessionId',
		`names a session that is over or unknown: "${sessionId}"`,
		'Use sessionId of an open session, as Cognigy Trigger Flow puts it out.',
	);
}

function noMessage(
	context: ITriggerFunctions,
	trouble: CognigyError | undefined,
	warning: string | undefined,
): NodeOperationError {
	const message = `No message came within ${TEST_WAIT_MS / 1000} seconds${trouble ? `: ${trouble.message}` : ''}`;
	return new NodeOperationError(withoutSecrets(context.getNode()), message, {
		description:
			trouble?.advice ??
			warning ??
			'This limit is only for test runs. Let the bot say something while the test waits: start a flow with Cognigy Trigger Flow, for example. Published, the workflow waits for ever.',
	});
}
