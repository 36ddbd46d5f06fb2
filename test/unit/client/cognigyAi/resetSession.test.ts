import type { CognigyAiResetSessionInput } from '../../../../client/cognigyAi/inputs';
import { callOptions, cognigyAiSetup, resetInput, triggerInput } from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import type { CognigyAiSandboxOptions } from '../../../../sandbox';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);

/** A session on the showcase, which remembers what was said. */
async function usedSession(options: CognigyAiSandboxOptions = {}, registry?: MemoryRegistry) {
	const setup = await cognigyAiSetup({ sandbox: options, ...(registry ? { dependencies: { registry } } : {}) });
	const { url: endpoint } = setup.sandbox.endpoint('Showcase REST');
	const { flowId } = await setup.client.triggerFlow(triggerInput({ endpoint, text: 'text' }), callOptions);
	const session = () => setup.sandbox.session('session-1');
	expect(session()?.context).toMatchObject({ lastText: 'text' });
	return { ...setup, endpoint, flowId, session };
}

it('resets the context, and has seen it', async () => {
	const { client, endpoint, session } = await usedSession();
	const { audit, latencyMs, ...result } = await client.resetSession(resetInput({ endpoint }), callOptions);
	expect(result).toEqual({
		sessionId: 'session-1',
		status: 'RESET_COMPLETE',
		verified: true,
		flowState: null,
		remainingVariables: 1,
	});
	expect(session()?.context).toEqual({ visits: 0 });
	expect(audit).toMatchObject({
		operation: 'resetSession',
		status: 'success',
		sessionId: 'session-1',
		userId: 'user-1',
		// Three requests, none of them repeated.
		attempts: 1,
	});
	expect(latencyMs).toBe(audit.latencyMs);
});

it.each(['context', 'both'] as const)('says so where the endpoint runs an agent (%s)', async (resetMode) => {
	const { sandbox, client, endpoint, session } = await usedSession();
	sandbox.changeEndpoint('Showcase REST', { targetType: 'agent' });
	const error = await cognigyErrorOf(client.resetSession(resetInput({ endpoint, resetMode }), callOptions));
	expect(error.message).toBe('Endpoint "Showcase REST" runs an AI agent, and only the context of a flow can be reset');
	expect(error.advice).toContain('another Session ID');
	expect(session()?.context).toMatchObject({ lastText: 'text' });
});

it('knows the endpoint by id and by the name that it gave to it', async () => {
	const { sandbox, client, flowId } = await usedSession();
	for (const endpoint of [sandbox.endpoint('Showcase REST').id, flowId]) {
		expect((await client.resetSession(resetInput({ endpoint }), callOptions)).verified).toBe(true);
	}
});

it.each(['both', 'entrypoint', 'entryPoint'] as const)(
	'finds out how the field is spelled: %s',
	async (entrypointSpelling) => {
		const { sandbox, client, endpoint, session } = await usedSession({ entrypointSpelling });
		await client.resetSession(resetInput({ endpoint }), callOptions);
		expect(session()?.context).toEqual({ visits: 0 });
		const resets = sandbox.requests.filter(({ operation }) => operation === 'resetContext');
		expect(resets).toHaveLength(entrypointSpelling === 'entryPoint' ? 2 : 1);
	},
);

it('resets the state without an endpoint, and does not claim to have seen it', async () => {
	const { sandbox, client, session } = await usedSession();
	const result = await client.resetSession(resetInput({ resetMode: 'state' }), callOptions);
	expect(result).toMatchObject({ verified: false, remainingVariables: null });
	expect(session()?.context).toHaveProperty('lastText');
	expect(sandbox.requests.map(({ operation }) => operation)).toEqual(['message', 'resetState']);
});

it.each(['', ' ', 'null', '"OK"', '[]'])(
	'does not claim to have seen the context when the answer is %j',
	async (body) => {
		const { client, transport, endpoint, session } = await usedSession();
		const send = transport.send.bind(transport);
		jest.spyOn(transport, 'send').mockImplementation(async (request) => {
			const response = await send(request);
			return request.url.endsWith('/context/reset') ? { ...response, body } : response;
		});
		const result = await client.resetSession(resetInput({ endpoint }), callOptions);
		expect(session()?.context).toEqual({ visits: 0 });
		expect(result).toMatchObject({ status: 'RESET_COMPLETE', verified: false, remainingVariables: null });
	},
);

it('resets both, of which it sees one', async () => {
	const { sandbox, client, endpoint } = await usedSession();
	const result = await client.resetSession(resetInput({ endpoint, resetMode: 'both' }), callOptions);
	expect(result).toMatchObject({ verified: false, remainingVariables: 1 });
	expect(sandbox.requests.map(({ operation }) => operation)).toEqual(
		expect.arrayContaining(['resetContext', 'resetState']),
	);
});

it('claims nothing that nobody asked it to check', async () => {
	const { client, endpoint } = await usedSession();
	const result = await client.resetSession(resetInput({ endpoint, verify: false }), callOptions);
	expect(result).toMatchObject({ verified: false, remainingVariables: null });
});

it('makes an id for a fresh session', async () => {
	const { client, endpoint } = await usedSession();
	const { sessionId, newSessionId } = await client.resetSession(
		resetInput({ endpoint, newSessionId: true }),
		callOptions,
	);
	expect(sessionId).toBe('session-1');
	expect(newSessionId).toMatch(/^[0-9a-f]{8}-/);
});

it('repeats it after passing faults, and tells of those that stay', async () => {
	const { sandbox, client, endpoint } = await usedSession({ unknownSession: 'notFound' });
	sandbox.faults.inject({ operation: 'resetContext', kind: 'htmlError' });
	sandbox.faults.inject({ operation: 'resetContext', kind: 'dropAfter' });
	await client.resetSession(resetInput({ endpoint }), callOptions);
	const error = await cognigyErrorOf(client.resetSession(resetInput({ endpoint, sessionId: 'nobody' }), callOptions));
	expect(error.category).toBe('notFound');
	expect(error.message).toContain('session "nobody"');
});

it('resets expired sessions out of the registry, with all that it takes', async () => {
	const registry = new MemoryRegistry();
	const { client, endpoint, flowId } = await usedSession({}, registry);
	const short = triggerInput({ endpoint, sessionTtlMinutes: 0.0001 });
	await client.triggerFlow(short, callOptions);
	const [expired] = await client.claimExpiredSessions({ botId: '', limit: 10 });
	if (!expired) throw new Error('No session has expired');
	expect(expired).toMatchObject({ sessionId: 'session-1', flowId, userId: 'user-1' });

	await client.releaseExpiredSession(expired.sessionId);
	expect(await client.claimExpiredSessions({ limit: 10 })).toHaveLength(1);
	const { sessionId, userId } = expired;
	const reset = resetInput({ sessionId, userId, endpoint: expired.flowId });
	expect((await client.resetSession(reset, callOptions)).verified).toBe(true);
	expect(await client.claimExpiredSessions({ limit: 10 })).toEqual([]);
	// Not only because it is claimed.
	await client.releaseExpiredSession(expired.sessionId);
	expect(await client.claimExpiredSessions({ limit: 10 })).toEqual([]);
});

it.each<[Partial<CognigyAiResetSessionInput>, string]>([
	[{ endpoint: '' }, 'endpoint'],
	[{ endpoint: 'nonsense' }, 'endpoint'],
	[{ endpoint: 'a'.repeat(24), userId: '' }, 'userId'],
	[{ endpoint: 'a'.repeat(24), sessionId: '' }, 'sessionId'],
	[{ endpoint: 'a'.repeat(24), resetMode: 'all' as 'both' }, 'resetMode'],
])('refuses %j before anything is sent', async (changes, parameter) => {
	const { client, transport } = await cognigyAiSetup();
	const error = await cognigyErrorOf(client.resetSession(resetInput(changes), callOptions));
	expect(error).toMatchObject({ category: 'invalidInput', parameter });
	expect(() => client.check('resetSession', resetInput(changes), callOptions)).toThrow(error.message);
	expect(transport.requests).toHaveLength(0);
});
