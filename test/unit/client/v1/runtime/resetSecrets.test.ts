import { CallGroup } from '../../../../../client/call/callGroup';
import type { CognigyError } from '../../../../../client/errors';
import { cognigyErrorOf } from '../../../../support/errors';
import { PASSWORD, resetInput, resetOptions, runtimeSetup, type RuntimeSetup } from '../../../../support/runtime';
import { complete, dirty, type DialAnswer, type FrameAnswer } from '../../../../support/runtimeService';
import { allThatShows } from '../../../../support/secrets';
import { closedPort } from '../../../../support/servers';
import { until } from '../../../../support/until';
import { closeSetups } from '../../../../support/setups';

/** What the service gives out with the first login. */
const TOKEN = 't0ken/number+1=';
const ECHO = `token ${TOKEN}, in the address ${encodeURIComponent(TOKEN)}, and the password ${PASSWORD}`;

let setup: RuntimeSetup;

beforeEach(async () => {
	setup = await runtimeSetup();
});
afterEach(closeSetups);

const options = { ...resetOptions, auditInput: 'full' } as const;
const failing = async (): Promise<CognigyError> =>
	await cognigyErrorOf(setup.client.resetSession(resetInput, { ...options, retries: 0 }));

function expectNoSecret(...values: unknown[]): void {
	const shown = values.map(allThatShows).join('\n');
	for (const secret of [...setup.service.tokens, ...setup.service.tokens.map(encodeURIComponent), PASSWORD]) {
		expect(shown).not.toContain(secret);
		// Of several blanks one is left where a text is put on one line.
		for (const part of [secret.slice(0, 10), secret.slice(-10)]) expect(shown).not.toContain(part);
	}
}

describe('neither password nor token shows (guarantee 6)', () => {
	it.each<[string, FrameAnswer[]]>([
		...['text', 'status', 'sessionId', 'error'].map((key): [string, FrameAnswer[]] => [
			`a reset answered with it as ${key}`,
			[{ json: { [key]: ECHO } }],
		]),
		['a reset answered with it in no JSON', [{ text: ECHO }]],
		['a reset answered with it as the name of a field', [{ json: { status: {}, [ECHO]: 1 } }]],
		['a reset closed with it', [{ close: 1008, reason: `no: ${TOKEN}` }]],
		['a reset closed with the password', [{ close: 4000, reason: PASSWORD }]],
		['a check answered with it as the state', [complete, ...Array(20).fill({ json: { flowState: ECHO } })]],
		[
			'a check answered with it as a variable',
			[complete, ...Array(20).fill({ json: { variables: { [ECHO]: ECHO } } })],
		],
		['a check answered with it as an error', [complete, { json: { error: ECHO } }]],
		['a check closed with it', [complete, { close: 1011, reason: TOKEN }]],
	])('when the service repeats it: %s', async (_, answers) => {
		setup.service.frameAnswers.push(...answers);
		const outcome = failing();
		await until(() => setup.service.frames.length >= answers.length || setup.clock.isWaiting(5_000));
		await setup.clock.advance(60_000);

		expectNoSecret(await outcome, setup.client, setup.client.metrics());
	});

	it.each([400, 401, 403, 404, 407, 409, 418, 426, 429, 500, 503])(
		'when the service repeats it in a refusal with %d',
		async (status) => {
			const answer: DialAnswer = { status, body: JSON.stringify({ message: `${ECHO} session:manage` }) };
			setup.service.dialAnswers.push(answer, answer);
			const error = await failing();

			expect(error.httpStatus).toBe(status);
			expectNoSecret(error);
		},
	);

	it('in the state of a session that is clean', async () => {
		setup.service.frameAnswers.push(complete, { json: { flowState: ECHO } });
		const result = await setup.client.resetSession(
			{ ...resetInput, stateClearMatrix: { dialogState: 'COLD' } },
			options,
		);

		expect(result.flowState).toBe('token ***, in the address ***, and the password ***');
		expectNoSecret(result);
	});

	it('when nobody can be reached', async () => {
		const webSocketUrl = `ws://127.0.0.1:${await closedPort()}`;
		setup = await runtimeSetup({ service: setup.service, fields: { webSocketUrl } });

		expectNoSecret(await failing());
		expect(setup.service.tokens).toHaveLength(1);
	});

	it('in a client that works, its groups, its results and its metrics', async () => {
		const group = new CallGroup();
		const result = await setup.client.resetSession(resetInput, { ...options, group });
		setup.service.frameAnswers.push('silence');
		const running = cognigyErrorOf(setup.client.resetSession(resetInput, { ...options, group }));
		await until(() => setup.service.frames.length === 3);
		expectNoSecret(result, group, setup.client, setup.client.metrics(), running);
		await group.close();

		expectNoSecret(await running, group);
	});
});

describe('the words of the service', () => {
	it('are shown on one line, and cut', async () => {
		setup.service.frameAnswers.push({ close: 1008, reason: 'Not\n\tallowed:\r\n\u0007 because' });
		expect((await failing()).message).toMatch(/\(1008\): Not allowed: because$/);

		setup.service.frameAnswers.push({ json: { status: `NO\n${'x'.repeat(10_000)}` } });
		const { message } = await failing();
		expect(message).toMatch(/answered "NO x+" instead/);
		expect(message.length).toBeLessThan(400);
	});

	it('are shown on one line, and cut, when they are the state of a session', async () => {
		const state = { json: { flowState: `RUN\r\n${'x'.repeat(10_000)}` } };
		setup.service.frameAnswers.push(complete, ...Array.from({ length: 20 }, () => state));
		const outcome = failing();
		await until(() => setup.clock.isWaiting(5_000));
		await setup.clock.advance(60_000);
		const { message } = await outcome;

		expect(message).toMatch(/flow state RUN x+, 0 variables remain/);
		expect(message.length).toBeLessThan(400);
	});

	it('are shown without what they repeat of the token', async () => {
		setup.service.frameAnswers.push({ close: 1008, reason: `Bad token ${TOKEN}, sorry` });
		expect((await failing()).message).toMatch(/: Bad token \*\*\*, sorry$/);
	});
});

it('an ordinary state shows as it is', async () => {
	setup.service.frameAnswers.push(complete, dirty);
	expect(await setup.client.resetSession(resetInput, options)).toMatchObject({ flowState: 'RESET' });
});
