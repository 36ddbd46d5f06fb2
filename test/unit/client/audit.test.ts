import type { CallOptions } from '../../../client/types';
import {
	auditableContext,
	auditableInput,
	refusalAudit,
	type AuditEntry,
	type AuditInput,
} from '../../../client/audit';
import { Metrics } from '../../../client/metrics';
import { observed } from '../../../client/call/observedCall';
import { cognigyErrorOf } from '../../support/errors';
import { FakeClock } from '../../support/fakeClock';
import { inject, status } from '../../support/sandboxFaults';
import { until } from '../../support/until';
import { callOptions, startInput, v1Setup, versionsInput } from '../../support/v1';
import { closeSetups } from '../../support/setups';

const SHA_256 = /^sha256:[\da-f]{64}$/;

afterEach(closeSetups);

describe('the audit entry of a success', () => {
	it('tells what was validated', async () => {
		const { client } = await v1Setup();

		const { audit } = await client.validateVersion(versionsInput, callOptions);
		expect(audit).toEqual({
			timestamp: '2026-01-31T12:00:00.000Z',
			operation: 'validateVersion',
			botId: 'order-status',
			flowId: 'main',
			status: 'success',
			latencyMs: 0,
			attempts: 1,
			httpStatus: 200,
			input: expect.stringMatching(SHA_256) as unknown,
		});
	});

	it('tells what was started', async () => {
		const { client } = await v1Setup();

		const { audit } = await client.triggerFlow(startInput, callOptions);
		expect(audit).toEqual({
			timestamp: '2026-01-31T12:00:00.000Z',
			operation: 'triggerFlow',
			botId: 'order-status',
			flowId: 'main',
			sessionId: 'session-1',
			userId: 'user-1',
			status: 'success',
			latencyMs: 0,
			attempts: 1,
			httpStatus: 201,
			input: expect.stringMatching(SHA_256) as unknown,
			contextHash: expect.stringMatching(SHA_256) as unknown,
		});
	});

	it('counts the time from the call to its end, with all pauses, and every attempt', async () => {
		const { sandbox, client, clock } = await v1Setup();
		inject(sandbox, 'versions', status(429, { headers: { 'retry-after': '2' }, times: 2 }));
		await clock.advance(5_000);

		const { audit } = await client.validateVersion(versionsInput, callOptions);
		expect(audit).toMatchObject({ timestamp: '2026-01-31T12:00:05.000Z', latencyMs: 4_000, attempts: 3 });
	});
});

describe('the audit entry of a failure', () => {
	it('has the category and the status of the last answer', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'start', status(409));

		const { audit } = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));
		expect(audit).toEqual({
			timestamp: '2026-01-31T12:00:00.000Z',
			operation: 'triggerFlow',
			botId: 'order-status',
			flowId: 'main',
			sessionId: 'session-1',
			userId: 'user-1',
			status: 'error',
			latencyMs: 0,
			attempts: 1,
			httpStatus: 409,
			errorCategory: 'protocol',
			input: expect.stringMatching(SHA_256) as unknown,
			contextHash: expect.stringMatching(SHA_256) as unknown,
		});
	});

	it('has no status when no answer came', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'start', { kind: 'dropAfter' });

		const { audit } = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));
		expect(audit).not.toHaveProperty('httpStatus');
		expect(audit).toMatchObject({ attempts: 1, errorCategory: 'network' });
	});

	it('has no attempts when the input was refused', async () => {
		const { client } = await v1Setup();

		const { audit } = await cognigyErrorOf(client.triggerFlow({ ...startInput, botId: '' }, callOptions));
		expect(audit).toMatchObject({ attempts: 0, latencyMs: 0, errorCategory: 'invalidInput' });
	});

	it('is for the operation that was called, also when its check failed', async () => {
		const { client } = await v1Setup();
		const input = { ...startInput, targetEnvironment: 'nowhere' };

		const { audit } = await cognigyErrorOf(client.triggerFlow(input, callOptions));
		expect(audit).toMatchObject({ operation: 'triggerFlow', errorCategory: 'notPublished', attempts: 0 });
	});
});

describe('who listens', () => {
	it('gets the entry that is in the result or in the error, once for each call', async () => {
		const { sandbox, client } = await v1Setup();
		const heard: AuditEntry[] = [];
		const options: CallOptions = { ...callOptions, onAudit: (entry) => heard.push(entry) };
		inject(sandbox, 'start', status(500));
		const error = await cognigyErrorOf(client.triggerFlow(startInput, options));
		const result = await client.triggerFlow(startInput, options);
		const refused = await cognigyErrorOf(client.triggerFlow({ ...startInput, userId: '' }, options));

		expect(heard).toEqual([error.audit, result.audit, refused.audit]);
	});

	it('hears of a call that was stopped', async () => {
		const { sandbox, client } = await v1Setup();
		const caller = new AbortController();
		const heard: AuditEntry[] = [];
		inject(sandbox, 'start', { kind: 'hang' });
		const options: CallOptions = { ...callOptions, signal: caller.signal, onAudit: (entry) => heard.push(entry) };
		const outcome = cognigyErrorOf(client.triggerFlow(startInput, options));
		await until(() => sandbox.requests.at(-1)?.fault === 'hang');
		caller.abort();
		await outcome;

		expect(heard).toMatchObject([{ status: 'error', errorCategory: 'cancelled' }]);
	});

	it('hears of each failed login that failed a call: every call has an entry of its own', async () => {
		const { client } = await v1Setup({ fields: { password: 'wrong' } });
		const calls = ['session-a', 'session-b'].map((sessionId) =>
			cognigyErrorOf(client.triggerFlow({ ...startInput, sessionId }, callOptions)),
		);

		expect((await Promise.all(calls)).map(({ audit }) => audit?.sessionId)).toEqual(['session-a', 'session-b']);
	});
});

describe('what the entry shows of the input', () => {
	const audited = async (auditInput: AuditInput, changes: Partial<typeof startInput> = {}) => {
		const { client } = await v1Setup();
		return (await client.triggerFlow({ ...startInput, ...changes }, { ...callOptions, auditInput })).audit;
	};

	it('is nothing with "none", neither of what is said nor of the context', async () => {
		const audit = await audited('none');
		for (const field of ['input', 'contextHash', 'context']) expect(audit).not.toHaveProperty(field);
	});

	it('is all of it with "full": of a start what is said, and the context beside it', async () => {
		const audit = await audited('full');
		expect(audit.input).toBe('Where is my order?');
		expect(audit.context).toEqual({ metadata: { orderId: 'A-1001' } });
		expect(audit).not.toHaveProperty('contextHash');
		const { client } = await v1Setup();
		const { audit: ofCheck } = await client.validateVersion(versionsInput, { ...callOptions, auditInput: 'full' });
		expect(ofCheck.input).toEqual({ targetEnvironment: 'production' });
		expect(ofCheck).not.toHaveProperty('context');
	});

	it('is the SHA-256 of the words that were said, so that whoever has them can check it', async () => {
		// printf 'Where is my order?' | sha256sum
		const { input } = await audited('hash');
		expect(input).toBe('sha256:6951ac186c3c6207f25a11ebc9bd96c888b38fa33838cd138e1366e836a36ed7');
		// printf 'Grüße, 😀' | sha256sum
		expect((await audited('hash', { input: 'Grüße, 😀' })).input).toBe(
			'sha256:2ba5abb3527ebf27dd0c699233c2f6049466e7866078eb1604901d7e719c79ba',
		);
		// printf '' | sha256sum
		expect((await audited('hash', { input: '' })).input).toBe(
			'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
		);
	});

	it('has the SHA-256 of the context beside it, as JSON with sorted keys, in whichever order they came', async () => {
		// printf '{"metadata":{"orderId":"A-1001"}}' | sha256sum
		expect((await audited('hash')).contextHash).toBe(
			'sha256:18aa296353a54253f4310c90dc7fb007fa92aca786138f9af6a126202e45a886',
		);
		// printf '{"a":[{"b":1,"c":null}],"z":"ü"}' | sha256sum
		const hash = 'sha256:ab096a88d828654eb3524e381d1384605539290bcb5898ce132e7f47681d81b0';
		for (const context of [
			{ z: 'ü', a: [{ c: null, b: 1 }] },
			{ a: [{ b: 1, c: null }], z: 'ü', not: undefined },
		]) {
			expect((await audited('hash', { context })).contextHash).toBe(hash);
		}
		// printf '{}' | sha256sum
		expect((await audited('hash', { context: {} })).contextHash).toBe(
			'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
		);
		expect(await audited('hash')).not.toHaveProperty('context');
	});

	it('is the same hash for the same words, whoever starts which flow with which context', async () => {
		const hashes = [
			await audited('hash'),
			await audited('hash', { sessionId: 'other', userId: 'other', flowId: 'main' }),
			await audited('hash', { context: { metadata: { orderId: 'A-1002' } } }),
		];
		expect(new Set(hashes.map(({ input }) => input)).size).toBe(1);
		expect(new Set(hashes.map(({ contextHash }) => contextHash)).size).toBe(2);
	});

	it('does not tell the input with "hash"', async () => {
		expect(JSON.stringify(await audited('hash'))).not.toMatch(/Where is my order|A-1001/);
	});

	it('is the SHA-256 of its JSON where it is no text, as other tools would compute it', () => {
		// printf '{"a":1}' | sha256sum
		expect(auditableInput('hash', { a: 1 })).toBe(
			'sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862',
		);
	});

	it.each(['full', 'hash', 'none'] as const)(
		'is something that JSON can hold, also for what it cannot (%s)',
		(mode) => {
			const circle: Record<string, unknown> = {};
			circle.self = circle;
			for (const input of [circle, { big: 1n }, undefined, () => 1]) {
				expect(() => JSON.stringify({ input: auditableInput(mode, input) })).not.toThrow();
				expect(() => JSON.stringify(auditableContext(mode, input))).not.toThrow();
			}
		},
	);
});

describe('the entry for an operation that could not even be read', () => {
	it('says so', () => {
		const entry = refusalAudit('triggerFlow', 'invalidInput', { botId: 'b1', userId: 'u1' });

		expect(entry).toMatchObject({
			operation: 'triggerFlow',
			botId: 'b1',
			userId: 'u1',
			status: 'error',
			latencyMs: 0,
			attempts: 0,
			errorCategory: 'invalidInput',
		});
		expect(Math.abs(Date.parse(entry.timestamp) - Date.now())).toBeLessThan(60_000);
	});
});

it('a defect of ours passes as it is, for nobody can say what it means', async () => {
	const defect = new TypeError('a defect');
	const operation = {
		operation: 'triggerFlow' as const,
		subject: { botId: 'b' },
		input: {},
		auditInput: 'none' as const,
		trace: { attempts: 0 },
		onAudit: undefined,
	};

	await expect(observed(new FakeClock(), new Metrics(), operation, () => Promise.reject(defect))).rejects.toBe(defect);
});
