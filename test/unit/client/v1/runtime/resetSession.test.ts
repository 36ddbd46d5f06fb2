import type { CallOptions } from '../../../../../client/types';
import type { V1ResetSessionInput } from '../../../../../client/v1/inputs';
import { cognigyErrorOf } from '../../../../support/errors';
import { resetInput, resetOptions, runtimeSetup, type RuntimeSetup } from '../../../../support/runtime';
import { complete, dirty } from '../../../../support/runtimeService';
import { until } from '../../../../support/until';
import { closeSetups } from '../../../../support/setups';

let setup: RuntimeSetup;

beforeEach(async () => {
	setup = await runtimeSetup();
});
afterEach(closeSetups);

const reset = (changes: Partial<V1ResetSessionInput> = {}, options: Partial<CallOptions> = {}) =>
	setup.client.resetSession({ ...resetInput, ...changes }, { ...resetOptions, ...options });

describe('what is sent', () => {
	it('is one reset and one check, as the contract has them', async () => {
		await reset();

		expect(setup.service.frames).toEqual([
			'{"type":"SEND","sessionId":"session-1",' +
				'"stateClearMatrix":{"flowState":"RESET","dialogState":"COLD","engineState":"INITIALIZED"},' +
				'"contextWipeDirective":{"clearVariables":true,"clearHistory":true,"clearNLUContext":true},' +
				'"maxDurationSec":900,"timestamp":"2026-01-31T12:00:00.000Z"}',
			'{"type":"QUERY","sessionId":"session-1","request":"STATE_CHECK"}',
		]);
	});

	it('is what the user asked for', async () => {
		await reset({
			sessionId: 'Sitzung "1"\u2028🚀',
			maxDurationSec: 60,
			clearVariables: false,
			clearHistory: false,
			clearNluContext: false,
			stateClearMatrix: { dialogState: 'WARM' },
			verify: false,
		});

		expect(setup.service.frames.map((frame) => JSON.parse(frame) as unknown)).toEqual([
			{
				type: 'SEND',
				sessionId: 'Sitzung "1"\u2028🚀',
				stateClearMatrix: { dialogState: 'WARM' },
				contextWipeDirective: { clearVariables: false, clearHistory: false, clearNLUContext: false },
				maxDurationSec: 60,
				timestamp: '2026-01-31T12:00:00.000Z',
			},
		]);
	});

	it('resets everything when the State Clear Matrix is empty', async () => {
		await reset({ stateClearMatrix: {} });

		expect(JSON.parse(setup.service.frames[0] ?? '')).toMatchObject({
			stateClearMatrix: { flowState: 'RESET', dialogState: 'COLD', engineState: 'INITIALIZED' },
		});
	});

	it.each([60, 61, 3600])('may take as long as it likes up to an hour: %d s', async (maxDurationSec) => {
		await reset({ maxDurationSec });
		expect(JSON.parse(setup.service.frames[0] ?? '')).toMatchObject({ maxDurationSec });
	});

	it('is dialled with tenant, bot and token, from the origin of the API', async () => {
		await reset({ botId: 'bot a/ä?' });

		expect(setup.service.dials).toHaveLength(1);
		expect(setup.service.dials[0]).toMatchObject({
			path: '/ws/v1?tenant=tenant%20a%2F%C3%A4&botId=bot%20a%2F%C3%A4%3F&token=t0ken%2Fnumber%2B1%3D',
			headers: { origin: setup.service.url, 'sec-websocket-protocol': 'cognigy-runtime-v1' },
		});
	});

	it('goes to the WebSocket URL where there is one, still from the origin of the API', async () => {
		const elsewhere = (await runtimeSetup()).service;
		setup = await runtimeSetup({
			service: setup.service,
			fields: {
				baseUrl: `${setup.service.url}/base/path`,
				webSocketUrl: `${elsewhere.url.replace('http', 'ws')}/runtime`,
			},
		});
		await reset();

		expect(setup.service.dials).toHaveLength(0);
		expect(elsewhere.dials[0]?.path).toMatch(/^\/runtime\/ws\/v1\?tenant=/);
		expect(elsewhere.dials[0]?.headers.origin).toBe(setup.service.url);
	});
});

describe('what comes out', () => {
	it('is a session that was seen clean', async () => {
		const result = await reset();

		expect(result).toEqual({
			sessionId: 'session-1',
			status: 'RESET_COMPLETE',
			verified: true,
			flowState: 'RESET',
			remainingVariables: 0,
			latencyMs: 0,
			audit: expect.objectContaining({
				timestamp: '2026-01-31T12:00:00.000Z',
				operation: 'resetSession',
				botId: 'order-status',
				sessionId: 'session-1',
				status: 'success',
				attempts: 1,
				checks: 1,
				latencyMs: 0,
			}) as unknown,
		});
		expect(result.audit).not.toHaveProperty('httpStatus');
	});

	it('is no claim about the session when no check was wanted', async () => {
		const result = await reset({ verify: false });

		expect(result).toMatchObject({ verified: false, flowState: null, remainingVariables: null });
		expect(result.audit).not.toHaveProperty('checks');
		expect(setup.service.frames).toHaveLength(1);
	});

	it('says how long it all took, checks and pauses included', async () => {
		setup.service.frameAnswers.push(complete, dirty, dirty);
		const result = await reset();

		expect(result.latencyMs).toBe(250 + 500);
		expect(result.audit).toMatchObject({ latencyMs: result.latencyMs, attempts: 1, checks: 3 });
	});

	it('counts in the metrics and reaches the audit, well or badly', async () => {
		const audits: unknown[] = [];
		const result = await reset({}, { onAudit: (entry) => audits.push(entry) });
		setup.service.frameAnswers.push({ close: 1008 });
		const error = await cognigyErrorOf(reset({}, { onAudit: (entry) => audits.push(entry) }));

		expect(audits).toEqual([result.audit, error.audit]);
		expect(error.audit).toMatchObject({ status: 'error', errorCategory: 'rejected', attempts: 1 });
		expect(setup.client.metrics()).toMatchObject({ totalRequests: 2, successCount: 1, errorCount: 1 });
	});

	it.each([
		['full', resetInputOf()],
		['hash', expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as unknown],
		['none', undefined],
	] as const)('shows the input as the user wants: %s', async (auditInput, shown) => {
		expect((await reset({}, { auditInput })).audit.input).toEqual(shown);
	});
});

describe('the answer to the reset', () => {
	it.each([
		{ status: 'RESET_COMPLETE', sessionId: 'session-1' },
		{ status: 'RESET_COMPLETE', sessionId: null },
		{ status: 'RESET_COMPLETE', unknown: [1, { a: null }], type: 5, error: 'no matter' },
	])('may say more than is known here: %j', async (json) => {
		setup.service.frameAnswers.push({ json });
		expect(await reset()).toMatchObject({ status: 'RESET_COMPLETE', verified: true });
	});

	it('may name a session whose ID is a number', async () => {
		setup.service.frameAnswers.push({ json: { status: 'RESET_COMPLETE', sessionId: 42 } });
		expect(await reset({ sessionId: '42' })).toMatchObject({ sessionId: '42' });
	});
});

it('frames that nobody asked for are no answers', async () => {
	setup.service.frameAnswers.push(complete, 'silence');
	const outcome = reset({}, { retries: 0 });
	await until(() => setup.service.frames.length === 2);
	setup.service.channels[0]?.send('{"flowState":"RESET"}');
	setup.service.channels[0]?.send('{"flowState":"LATE"}');

	expect(await outcome).toMatchObject({ verified: true, flowState: 'RESET' });
});

/** What of the input shows beside the ids, which have places of their own. */
function resetInputOf() {
	const { botId: _botId, sessionId: _sessionId, ...what } = resetInput;
	return what;
}
