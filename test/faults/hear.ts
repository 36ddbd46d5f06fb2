import type { CognigyError, FollowInput, Message, StreamOptions } from '../../client';
import type { Result } from './rows';
import type { Subject } from './service';

/** Reads a stream until the last message came or it ended. */
export async function hear(
	open: (options: StreamOptions) => AsyncIterable<Message[]>,
	said: readonly string[],
): Promise<Result> {
	const controller = new AbortController();
	const troubles: CognigyError[] = [];
	const heard: Message[] = [];
	let recovered = 0;
	const options = {
		signal: controller.signal,
		onTrouble: (error: CognigyError) => troubles.push(error),
		onRecovered: () => (recovered += 1),
	};
	for await (const batch of open(options)) {
		heard.push(...batch);
		if (batch.some(({ text }) => text === said.at(-1))) controller.abort();
	}
	return {
		shown: [heard, troubles],
		troubles,
		recovered,
		said,
		heard: heard.map(({ text }) => text).filter((text) => said.includes(text)),
		hasEnded: !controller.signal.aborted,
	};
}

/** Follows a session with a memory, until the last message came or it ended. */
export async function hearInRegistry(
	{ client }: Subject,
	input: Omit<FollowInput, 'messageTypes'>,
	said: readonly string[],
): Promise<Result> {
	const controller = new AbortController();
	const troubles: CognigyError[] = [];
	const heard: string[] = [];
	const shown: unknown[] = [];
	const inTrouble = new Set<string>();
	await client.follow(
		{ ...input, messageTypes: ['bot'] },
		{
			consumer: 'matrix',
			signal: controller.signal,
			onBatch: async ({ messages, ...batch }) => {
				shown.push(messages, batch);
				heard.push(...messages.map(({ text }) => text));
				if (messages.some(({ text }) => text === said.at(-1))) controller.abort();
			},
			onTrouble: (error, source) => {
				troubles.push(error);
				inTrouble.add(source);
			},
			onRecovered: (source) => inTrouble.delete(source),
		},
	);
	const recovered = troubles.length > 0 && inTrouble.size === 0 ? 1 : 0;
	const ours = heard.filter((text) => said.includes(text));
	return { shown: [shown, troubles], troubles, recovered, said, heard: ours, hasEnded: !controller.signal.aborted };
}
