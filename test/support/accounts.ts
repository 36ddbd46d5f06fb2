import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type * as clientModule from '../../client';
import { unrestrictedEgress } from '../../client/transport/egress';
import type { CognigyAiFollowInput } from '../../client/cognigyAi/inputs';
import type { MessageBatch } from '../../client/streams/types';
import type { CallOptions, CognigyClient } from '../../client/types';
import type { V1FollowInput, V1TriggerFlowInput } from '../../client/v1/inputs';
import { until } from './until';

export const callOptions: CallOptions = { timeoutSeconds: 30, retries: 0, auditInput: 'none' };

export const environment = {
	egress: unrestrictedEgress,
	stateFolder: mkdtempSync(join(tmpdir(), 'cognigy-accounts-')),
	onWarning: () => {},
};

/** For `afterAll`. */
export function removeState(): void {
	rmSync(environment.stateFolder, { recursive: true, force: true });
}

/** A start of the order bot whose reply somebody waits for. */
export function startAndWait(sessionId: string): V1TriggerFlowInput {
	return {
		botId: 'order-status',
		flowId: 'main',
		userId: 'user-1',
		sessionId,
		input: 'Where is my order?',
		context: {},
		sessionTtlMinutes: 30,
		reply: { quietMs: 200, maxWaitSeconds: 10 },
	};
}

export const followAll: V1FollowInput = { botId: '', flowId: '', sessionId: '', messageTypes: ['bot'] };

/** What a client's `follow` delivers. */
export class Followed {
	readonly batches: MessageBatch[] = [];
	readonly troubles: string[] = [];
	readonly #stop = new AbortController();
	readonly #done: Promise<void>;

	constructor(
		client: CognigyClient,
		input: V1FollowInput | CognigyAiFollowInput,
		clientNow: () => CognigyClient = () => client,
	) {
		this.#done = client.follow(input, {
			consumer: `consumer ${Math.random()}`,
			signal: this.#stop.signal,
			clientNow,
			onBatch: async (batch) => void this.batches.push(batch),
			onTrouble: ({ message }) => this.troubles.push(message),
			onRecovered: () => {},
		});
	}

	/** Texts of the messages of a session. */
	texts(sessionId: string): string[] {
		return this.batches
			.filter(({ session }) => session.sessionId === sessionId)
			.flatMap(({ messages }) => messages.map(({ text }) => text));
	}

	/** Until so many messages of a session were delivered. */
	async has(sessionId: string, count: number): Promise<void> {
		await until(() => this.texts(sessionId).length >= count);
	}

	/** Until a message with this text was delivered. */
	async hears(sessionId: string, text: string): Promise<void> {
		await until(() => this.texts(sessionId).includes(text));
	}

	async stop(): Promise<void> {
		this.#stop.abort();
		await this.#done;
	}
}

/** The client as another version of the package: loaded once more, in the same process. */
export function otherCopy(): typeof clientModule {
	let copy: typeof clientModule | undefined;
	jest.isolateModules(() => {
		// eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would give the same copy
		copy = require('../../client') as typeof clientModule;
	});
	if (!copy) throw new Error('The client could not be loaded');
	return copy;
}
