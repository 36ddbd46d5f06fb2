import fc from 'fast-check';

import { resetSessionSchema } from '../../../../../client/v1/inputs';
import { compileReset } from '../../../../../client/v1/resetSession';
import { runtimeUrl, stateCheckFrame } from '../../../../../client/v1/runtime/wire';
import type { V1ResetSessionInput } from '../../../../../client/v1/inputs';
import { resetInput } from '../../../../support/runtime';

const NOW = Date.parse('2026-01-31T12:00:00.123Z');

const compiled = (changes: Partial<V1ResetSessionInput>) =>
	JSON.parse(compileReset({ ...resetInput, ...changes }, NOW)) as Record<string, unknown>;

const state = fc.option(
	fc.string().filter((text) => text.trim() !== ''),
	{ nil: undefined },
);

const goodInput = fc.record({
	botId: fc.constant('bot'),
	sessionId: fc.string({ unit: 'grapheme', minLength: 1 }),
	maxDurationSec: fc.integer({ min: 60, max: 3600 }),
	clearVariables: fc.boolean(),
	clearHistory: fc.boolean(),
	clearNluContext: fc.boolean(),
	stateClearMatrix: fc.record({ flowState: state, dialogState: state, engineState: state }),
	verify: fc.boolean(),
});

it('any input that passes the check becomes a frame, and nothing is lost on the way', () => {
	fc.assert(
		fc.property(goodInput, (input) => {
			fc.pre(resetSessionSchema.safeParse(input).success);
			const frame = compiled(input);

			expect(frame.sessionId).toBe(input.sessionId);
			expect(Object.keys(frame)).toEqual([
				'type',
				'sessionId',
				'stateClearMatrix',
				'contextWipeDirective',
				'maxDurationSec',
				'timestamp',
			]);
		}),
	);
});

it('its timestamp is RFC 3339, and now', () => {
	expect(compiled({}).timestamp).toBe('2026-01-31T12:00:00.123Z');
	expect(compiled({}).timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
});

it.each([
	[{ clearVariables: false }, { clearVariables: false, clearHistory: true, clearNLUContext: true }],
	[{ clearHistory: false }, { clearVariables: true, clearHistory: false, clearNLUContext: true }],
	[{ clearNluContext: false }, { clearVariables: true, clearHistory: true, clearNLUContext: false }],
])('%j is %j', (changes, directive) => {
	expect(compiled(changes).contextWipeDirective).toEqual(directive);
});

it('an invalid frame is never made, whoever asks for it', () => {
	expect(() => compiled({ sessionId: '' })).toThrow();
	expect(() => compiled({ maxDurationSec: 59 })).toThrow();
	expect(() => compiled({ stateClearMatrix: { other: 'x' } as object })).toThrow();
});

it('the question for the state names the session, whatever its ID', () => {
	expect(JSON.parse(stateCheckFrame('a"\n\u2028b'))).toEqual({
		type: 'QUERY',
		sessionId: 'a"\n\u2028b',
		request: 'STATE_CHECK',
	});
});

it('the address holds tenant, bot and token as they are, whatever they hold', () => {
	fc.assert(
		fc.property(fc.string(), fc.string(), fc.string(), (tenant, botId, token) => {
			const url = runtimeUrl('wss://host/base', { tenant, botId, token });
			const { searchParams, pathname, hash } = new URL(url);

			expect([...searchParams]).toEqual([
				['tenant', tenant],
				['botId', botId],
				['token', token],
			]);
			expect([pathname, hash]).toEqual(['/base/ws/v1', '']);
		}),
	);
});
