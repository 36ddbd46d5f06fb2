import { CONTRACT, endProcessState, processState } from '../../../../client/account/processState';
import { AccountBudget } from '../../../../client/budget/accountBudget';
import { PushedSessions } from '../../../../client/cognigyAi/socket/pushedMessages';
import { SessionLinks } from '../../../../client/cognigyAi/socket/sessionLinks';
import { FollowerHub } from '../../../../client/streams/followerHub';
import type { HeardBatch } from '../../../../client/streams/heardMessage';
import { longPolls } from '../../../../client/streams/longPolls';
import type { SourceListener } from '../../../../client/streams/messageSource';
import { SessionFollower } from '../../../../client/streams/sessionFollower';
import { Metrics } from '../../../../client/metrics';
import { messages } from '../../../support/conversation';
import { FakeClock } from '../../../support/fakeClock';

afterEach(endProcessState);

const membersOf = ({ prototype }: { prototype: object }) =>
	Object.getOwnPropertyNames(prototype)
		.filter((name) => name !== 'constructor')
		.sort();

const prototypeOf = (object: object = {}) => Object.getPrototypeOf(object) as object;

const openSource = ['changed', 'close', 'start', 'yieldsTo'];

/** What sources and followers use of each other. */
function membersOfSources() {
	const clock = new FakeClock();
	const links = new SessionLinks({ sockets: { dial: async () => await new Promise(() => {}) }, clock, secrets: [] });
	const address = { base: 'https://endpoint.example.com', token: 'token', name: 'endpoint' };
	const session = { address, userId: 'user', sessionId: 's', testMode: false };
	const sources = [
		longPolls(async () => await new Promise(() => {}), clock),
		new PushedSessions(links, clock).source(session),
	];
	const stop = new AbortController();
	let listener: SourceListener | undefined;
	const batches: HeardBatch[] = [];
	const opened = sources.map((source) => {
		const open = (given: SourceListener) => {
			listener = given;
			return source.open(given);
		};
		const follower = new SessionFollower({ source: { ...source, open }, clock, random: () => 0 });
		void follower.read([], { signal: stop.signal, kind: 'stream' }, (batch) => batches.push(batch));
		follower.note(messages('a'));
		return listener && prototypeOf(source.open(listener));
	});
	stop.abort();
	return {
		sources: sources.map((source) => Object.keys(source).sort()),
		openSources: opened.map((prototype = {}) => membersOf({ prototype })),
		listener: [...Object.keys(listener ?? {}), ...membersOf({ prototype: prototypeOf(listener) })].sort(),
		batch: Object.keys(batches[0] ?? {}).sort(),
	};
}

it('what copies of this package use of each other changes only with the number of its contract', () => {
	expect({
		number: CONTRACT,
		state: Object.keys(processState()).sort(),
		budget: membersOf(AccountBudget),
		followers: membersOf(FollowerHub),
		metrics: membersOf(Metrics),
		links: membersOf(SessionLinks),
		pushed: membersOf(PushedSessions),
		...membersOfSources(),
	}).toEqual({
		number: 2,
		state: ['accounts', 'followers', 'metrics', 'salt', 'sockets'],
		// `takeNow` may be missing, as in copies that are older than it.
		budget: ['close', 'holdFor', 'isAwaited', 'take', 'takeNow'],
		followers: ['hold', 'note', 'read', 'seenIds'],
		metrics: ['record', 'snapshot'],
		links: ['close', 'use'],
		pushed: ['note', 'source'],
		sources: [['open', 'poll'], ['open']],
		// `finish` may be missing, as in copies that are older than it.
		openSources: [[...openSource, 'finish'].sort(), [...openSource, 'note'].sort()],
		listener: [
			...['isFull', 'isRefused', 'kind', 'letAsk', 'nextAsker', 'onEnded', 'onMessages', 'onRecovered', 'onTrouble'],
			'readers',
		],
		batch: ['acknowledge', 'begun', 'messages', 'receivedAt'],
	});
});

it('the state is where every copy finds it', () => {
	const key = Symbol.for(`n8n-nodes-cognigy/process-state/${CONTRACT}`);
	expect((globalThis as Record<symbol, unknown>)[key]).toBe(processState());
});
