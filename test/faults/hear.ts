import type {
	CognigyAiFollowInput,
	CognigyError,
	Message,
	MessageBatch,
	StreamOptions,
	V1FollowInput,
} from '../../client';
import { until } from '../support/until';
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

type Place = Omit<V1FollowInput, 'messageTypes'> | Omit<CognigyAiFollowInput, 'messageTypes'>;

/** Follows a session with a memory, until the last message came or it ended. */
export async function hearInRegistry(subject: Subject, place: Place, said: readonly string[]): Promise<Result> {
	return await followTold(subject, place, said, ({ messages }, stop) => {
		if (messages.some(({ text }) => text === said.at(-1))) stop();
	});
}

/** The store works again after so many attempts. */
const HEALED_AFTER = 2;

/**
 * As `hearInRegistry`, while one message after the other is said, until all of them are recorded as emitted. A store that
 * does not work is put right after a while.
 */
export async function hearAndRemember(
	subject: Subject,
	place: Place,
	said: readonly string[],
	say: (text: string) => void,
): Promise<Result> {
	const heard: Message[] = [];
	const { clock, state } = subject;
	const [first = ''] = said;
	say(first);
	const onBatch = ({ messages }: MessageBatch, stop: () => void) => {
		heard.push(...messages.filter(({ text }) => said.includes(text)));
		const next = said[heard.length];
		if (next !== undefined) return say(next);
		void until(isRemembered)
			.catch(() => {})
			.then(stop);
	};
	const isRemembered = () => heard.every(({ messageId }) => state.remembered.has(messageId));
	const onTrouble = async (count: number) => {
		if (count !== HEALED_AFTER) return;
		await state.heal();
		await clock.advance(5_001);
	};
	const result = await followTold(subject, place, said, onBatch, onTrouble);
	if (!isRemembered()) throw new Error('Something was emitted, and it is not recorded');
	return result;
}

/** Whoever follows with the same memory hears what is new, and nothing else (guarantee 3). */
export async function expectNothingTwice(subject: Subject, place: Place, said: readonly string[]): Promise<void> {
	const say = (text: string) => subject.v1?.say(place.sessionId, text);
	const { heard, shown } = await hearAndRemember(subject, place, ['New.'], say);
	expect(heard).toEqual(['New.']);
	for (const text of said) expect(JSON.stringify(shown)).not.toContain(text);
}

async function followTold(
	{ client }: Subject,
	input: Place,
	said: readonly string[],
	onBatch: (batch: MessageBatch, stop: () => void) => void,
	onTroubled: (count: number) => Promise<void> = async () => {},
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
			onBatch: async (batch) => {
				shown.push(batch);
				heard.push(...batch.messages.map(({ text }) => text));
				onBatch(batch, () => controller.abort());
			},
			onTrouble: (error, source) => {
				troubles.push(error);
				inTrouble.add(source);
				void onTroubled(troubles.length);
			},
			onRecovered: (source) => inTrouble.delete(source),
		},
	);
	const recovered = troubles.length > 0 && inTrouble.size === 0 ? 1 : 0;
	const ours = heard.filter((text) => said.includes(text));
	return { shown: [shown, troubles], troubles, recovered, said, heard: ours, hasEnded: !controller.signal.aborted };
}
