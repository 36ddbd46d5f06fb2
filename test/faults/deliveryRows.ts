import { CallGroup } from '../../client';
import { startInput } from '../support/v1';
import { strayOutputFaults, deliveryFaults, surplusFaults, type Fault, type Poll } from './faults';
import { hear, hearInRegistry } from './hear';
import type { Result, Row } from './rows';
import type { FaultSpec, Subject } from './service';
import { streams, viaSocket } from './aiRows';
import { callOptions, resetInput, session, startSession } from './v1Rows';

/** Older ones have the smaller number; the time says so too. */
const messageOf = (number: number) => ({
	messageId: `message-${number}`,
	text: `${number}`,
	type: 'bot',
	timestamp: new Date(Date.UTC(2026, 0, 31, 12, 0, number)).toISOString(),
});

function isMessages(poll: Poll): poll is readonly number[] {
	return Array.isArray(poll);
}

const specOf = (poll: Poll): FaultSpec =>
	isMessages(poll) ? { kind: 'status', status: 200, body: poll.map(messageOf) } : poll;

/** What the service will answer to polls. */
function handOut({ inject }: Subject, { polls = [] }: Fault): void {
	for (const poll of polls) inject('messages', specOf(poll));
}

/** A running session of which nothing is handed out but what the fault says. */
async function startAndHandOut(subject: Subject, fault: Fault): Promise<void> {
	await startSession(subject);
	handOut(subject, fault);
}

const saidIn = ({ heard = [] }: Fault) => heard;

/** Polls are told of by their outcome: here it is only what is heard that counts. */
const heardOnly = ({ said = [], heard = [], shown }: Result): Result => ({ said, heard, shown });

const polled = {
	backend: 'v1',
	call: 'messages',
	kind: 'follow',
	faults: deliveryFaults,
	attemptMs: 45_000,
} satisfies Partial<Row>;

/** Longer than all pauses between polls that the clock skips, in ms. */
const QUIET_MS = 5_000;

const strayOutputs: Row['overrides'] = {
	'the first one twice': { times: 1, heard: ['One.', 'One.', 'Two.', 'Three.'] },
	'the first one after the second': { times: 1, heard: ['Two.', 'One.', 'Three.'] },
};

/** Twice and out of order: every operation that hears something, by every way in which it can be handed out. */
export const deliveryRows: readonly Row[] = [
	{
		...polled,
		name: 'triggerFlow with a reply, what it hears',
		operation: 'triggerFlow',
		run: async (subject, fault) => {
			handOut(subject, fault);
			const reply = { quietMs: QUIET_MS, maxWaitSeconds: 20 };
			const answering = subject.client.triggerFlow({ ...startInput, reply }, callOptions);
			const { polls = [] } = fault;
			// Then what the flow says comes, and a poll that waits for more.
			await subject.when(() => subject.arrived('messages') > polls.length + 1);
			await subject.clock.advance(QUIET_MS);
			const result = await answering;
			const said = saidIn(fault);
			const heard = (result.messages ?? []).map(({ text }) => text).filter((text) => said.includes(text));
			return { shown: result, said, heard };
		},
	},
	{
		...polled,
		name: 'streamMessages, what it hears',
		operation: 'streamMessages',
		run: async (subject, fault) => {
			await startAndHandOut(subject, fault);
			return heardOnly(await hear((options) => subject.client.streamMessages(session, options), saidIn(fault)));
		},
	},
	{
		...polled,
		name: 'follow, what it hears',
		operation: 'follow',
		hasRegistry: true,
		run: async (subject, fault) => {
			await startAndHandOut(subject, fault);
			return heardOnly(await hearInRegistry(subject, session, saidIn(fault)));
		},
	},
	{
		...polled,
		name: 'follow once more, what it hears',
		operation: 'follow',
		hasRegistry: true,
		run: async (subject, fault) => {
			await startAndHandOut(subject, fault);
			await hearInRegistry(subject, session, saidIn(fault));
			handOut(subject, fault);
			handOut(subject, { ...fault, polls: [[1, 10]] });
			const result = heardOnly(await hearInRegistry(subject, session, [...saidIn(fault), '10']));
			return { ...result, said: ['10'] };
		},
		overrides: Object.fromEntries(deliveryFaults.map(({ name }) => [name, { heard: ['10'] }])),
	},
	{
		name: 'resetSession, its answer',
		operation: 'resetSession',
		backend: 'v1',
		call: 'reset',
		kind: 'safe',
		faults: surplusFaults,
		attemptMs: 15_000,
		// The session is not clean at first: what passes for an answer to the check must not say that it is.
		before: async ({ inject }) => inject('stateCheck', { kind: 'busy' }),
		run: async (subject) => {
			const result = await resetTwo(subject, ['session-1']);
			expect(subject.arrived('stateCheck')).toBe(2);
			return result;
		},
	},
	{
		name: 'resetSession, the answer to its check',
		operation: 'resetSession',
		backend: 'v1',
		call: 'stateCheck',
		kind: 'safe',
		faults: surplusFaults,
		overrides: Object.fromEntries(surplusFaults.map(({ name }) => [name, { sent: 2 }])),
		attemptMs: 15_000,
		run: async (subject) => await resetTwo(subject, ['session-1', 'session-2']),
	},
	{
		name: 'streamMessages, what it hears',
		operation: 'streamMessages',
		backend: 'ai',
		call: 'output',
		kind: 'follow',
		faults: strayOutputFaults,
		overrides: strayOutputs,
		attemptMs: 15_000,
		run: streams,
	},
	{
		name: 'triggerFlow, Socket.IO, what it hears',
		operation: 'triggerFlow',
		backend: 'ai',
		call: 'output',
		kind: 'follow',
		faults: strayOutputFaults,
		overrides: strayOutputs,
		attemptMs: 20_000,
		run: viaSocket,
	},
];

/** Resets sessions one after the other, over the same channel. */
async function resetTwo({ client, arrived }: Subject, sessionIds: readonly string[]): Promise<Result> {
	const group = new CallGroup();
	const shown: unknown[] = [];
	try {
		for (const sessionId of sessionIds) {
			const result = await client.resetSession({ ...resetInput, sessionId }, { ...callOptions, group });
			expect(result).toMatchObject({ sessionId, verified: true, flowState: 'RESET', remainingVariables: 0 });
			expect(result.audit.attempts).toBe(1);
			shown.push(result);
		}
	} finally {
		await group.close();
	}
	expect(arrived('reset')).toBe(sessionIds.length);
	expect(arrived('connect')).toBe(1);
	return { shown };
}
