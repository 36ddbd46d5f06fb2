import * as client from '../../../../client';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSandboxOptions } from '../../../../sandbox';
import { Followed, otherCopy, removeState, environment } from '../../../support/accounts';
import { callOptions, triggerInput, validateInput } from '../../../support/cognigyAi';
import { restoreEnvironment, withoutProxies } from '../../../support/environment';

let sandbox: CognigyAiSandbox;
const streams: Followed[] = [];

async function startSandbox(options?: CognigyAiSandboxOptions): Promise<void> {
	sandbox = await startCognigyAiSandbox(options);
}

beforeEach(withoutProxies);
afterEach(async () => {
	await Promise.all(streams.splice(0).map((stream) => stream.stop()));
	client.closeAllClients();
	await sandbox.close();
	restoreEnvironment();
});
afterAll(removeState);

function open(changes: Record<string, unknown> = {}, { clientFor } = client) {
	const { apiUrl: apiBaseUrl, apiKey, projectId } = sandbox;
	return clientFor({ type: 'cognigyAiApi', fields: { apiBaseUrl, apiKey, projectId, ...changes } }, environment);
}

/** Follows a session of the endpoint "Showcase Socket", or all of it that are in the registry. */
function follow(how: Partial<client.CognigyAiFollowInput> = {}, one = open()): Followed {
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	const stream = new Followed(one, { sessionId: '', messageTypes: ['bot'], endpoint, userId: 'user-1', ...how });
	streams.push(stream);
	return stream;
}

async function say(text: string, sessionId: string, by = open()) {
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	const reply = { maxWaitSeconds: 10 };
	return await by.triggerFlow(triggerInput({ endpoint, channel: 'socketio', text, sessionId, reply }), callOptions);
}

describe('two credentials that differ in one field', () => {
	const differences: ReadonlyArray<Record<string, unknown>> = [
		{ requestsPer5Minutes: 500 },
		{ allowInsecure: true },
		{ projectId: '64f1c0ffee0ddba11c0ffee9' },
		{ apiKey: 'another-key' },
	];

	it.each(differences)('share the sockets of an endpoint; a stream misses no first turn: %j', async (difference) => {
		await startSandbox();
		const stream = follow({ sessionId: 's-1' });
		await sandbox.when(() => sandbox.stats().sockets.open === 1);
		const { reply } = await say('several', 's-1', open(difference));
		await stream.has('s-1', 3);

		expect(reply).toBe('One.\nTwo.\nThree.');
		expect(stream.texts('s-1')).toEqual(['One.', 'Two.', 'Three.']);
		expect(sandbox.stats().sockets.opened).toBe(1);
	});

	it('and what is said before a stream begins is kept for it', async () => {
		await startSandbox();
		await say('several', 's-1', open({ requestsPer5Minutes: 500 }));
		const stream = follow({ sessionId: 's-1' });
		await stream.has('s-1', 3);
		expect(stream.texts('s-1')).toEqual(['One.', 'Two.', 'Three.']);
	});

	it('send no more together than the smaller of their budgets, whatever the project', async () => {
		await startSandbox();
		const caller = new AbortController();
		const limited = { requestsPer5Minutes: 6 };
		const clients = [open(limited), open({ ...limited, projectId: '' }), open({ requestsPer5Minutes: 500 })];
		const { url: endpoint } = sandbox.endpoint('Orders REST');
		const options = { ...callOptions, signal: caller.signal };
		const starts = Array.from({ length: 12 }, async (_, index) => {
			await clients[index % 3]?.triggerFlow(triggerInput({ endpoint, sessionId: `s-${index}` }), options);
		});
		await sandbox.when(() => sandbox.stats().calls.message === 6);
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(sandbox.stats().calls.message).toBe(6);
		caller.abort();
		await Promise.allSettled(starts);
	});
});

it('another API key has a budget of its own', async () => {
	await startSandbox();
	const { url: endpoint } = sandbox.endpoint('Orders REST');
	const limited = { requestsPer5Minutes: 1 };
	await open(limited).triggerFlow(triggerInput({ endpoint, sessionId: 's-1' }), callOptions);
	await open({ ...limited, apiKey: 'another-key' }).triggerFlow(
		triggerInput({ endpoint, sessionId: 's-2' }),
		callOptions,
	);
	expect(sandbox.stats().calls.message).toBe(2);
});

describe('a second copy of this package in the process, as after an update', () => {
	it('shares the sockets and what is followed with the first', async () => {
		await startSandbox();
		const stream = follow({ sessionId: 's-1' });
		await sandbox.when(() => sandbox.stats().sockets.open === 1);
		const copy = otherCopy();
		await say('several', 's-1', open({}, copy));
		await stream.has('s-1', 3);
		const later = follow({ sessionId: 's-2' }, open({}, copy));
		await say('turn', 's-2');
		await later.has('s-2', 1);

		expect(stream.texts('s-1')).toEqual(['One.', 'Two.', 'Three.']);
		expect(later.texts('s-2')).toEqual(['This is turn 1.']);
		expect(sandbox.stats().sockets.opened).toBe(2);
	});

	it('keeps to the same budget and counts with the same metrics', async () => {
		await startSandbox();
		const { url: endpoint } = sandbox.endpoint('Showcase Socket');
		const deployment = { kind: 'snapshot', name: 'v1.1' } as const;
		const copy = otherCopy();
		await open().validateVersion(validateInput({ endpoint, deployment }), callOptions);
		await open({}, copy).validateVersion(validateInput({ endpoint, deployment }), callOptions);
		expect(open().metrics().totalRequests).toBe(2);
	});
});
