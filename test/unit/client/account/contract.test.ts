import { CONTRACT, endProcessState, processState } from '../../../../client/account/processState';
import { AccountBudget } from '../../../../client/budget/accountBudget';
import { PushedSessions } from '../../../../client/cognigyAi/socket/pushedMessages';
import { SessionLinks } from '../../../../client/cognigyAi/socket/sessionLinks';
import { FollowerHub } from '../../../../client/streams/followerHub';
import { Metrics } from '../../../../client/metrics';

afterEach(endProcessState);

const membersOf = ({ prototype }: { prototype: object }) =>
	Object.getOwnPropertyNames(prototype)
		.filter((name) => name !== 'constructor')
		.sort();

it('what copies of this package use of each other changes only with the number of its contract', () => {
	expect({
		number: CONTRACT,
		state: Object.keys(processState()).sort(),
		budget: membersOf(AccountBudget),
		followers: membersOf(FollowerHub),
		metrics: membersOf(Metrics),
		links: membersOf(SessionLinks),
		pushed: membersOf(PushedSessions),
	}).toEqual({
		number: 1,
		state: ['accounts', 'followers', 'metrics', 'salt', 'sockets'],
		budget: ['close', 'holdFor', 'isAwaited', 'take'],
		followers: ['batches', 'hold', 'note', 'seenIds'],
		metrics: ['record', 'snapshot'],
		links: ['close', 'use'],
		pushed: ['note', 'poll'],
	});
});

it('the state is where every copy finds it', () => {
	const key = Symbol.for(`n8n-nodes-cognigy/process-state/${CONTRACT}`);
	expect((globalThis as Record<symbol, unknown>)[key]).toBe(processState());
});
