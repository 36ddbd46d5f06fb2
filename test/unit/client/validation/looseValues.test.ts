import { asFlag, asNumber, asText, textProblem } from '../../../../client/validation/looseValues';

it.each<[unknown, unknown]>([
	[60, 60],
	['60', 60],
	[' 5 ', 5],
	['-1.5', -1.5],
	['.5', 0.5],
	['1e3', 1000],
	['007', 7],
	[12n, 12],
])('a number: %p', (value, number) => {
	expect(asNumber(value)).toBe(number);
});

it.each(['', '  ', 'ten', '5 s', '0x10', '1_000', '1,5', 'Infinity', 'NaN', '--1', null, undefined, true, [5], {}])(
	'no number, and left as it is: %p',
	(value) => {
		expect(asNumber(value)).toBe(value);
	},
);

it.each<[unknown, unknown]>([
	[true, true],
	['true', true],
	[' TRUE ', true],
	[false, false],
	['false', false],
	['False', false],
	['', undefined],
	[' ', undefined],
	[null, undefined],
	[undefined, undefined],
])('a switch: %p', (value, flag) => {
	expect(asFlag(value)).toBe(flag);
});

it.each(['yes', '1', 1, 0, 'truthy', {}])('no switch, and left as it is: %p', (value) => {
	expect(asFlag(value)).toBe(value);
});

it.each<[unknown, string]>([
	[42, '42'],
	[-7, '-7'],
	[1.25, '1.25'],
	[Number.MAX_SAFE_INTEGER, '9007199254740991'],
	[9007199254740993n, '9007199254740993'],
	[true, 'true'],
	[' a ', ' a '],
])('text: %p', (value, text) => {
	expect(asText(value)).toBe(text);
});

it.each<[unknown, RegExp]>([
	[NaN, /NaN/],
	[Infinity, /infinite/],
	[-Infinity, /infinite/],
	[2 ** 53, /some are lost: give it as text/],
	[-(2 ** 60), /some are lost/],
	[1e21, /some are lost/],
	[1e-9, /some are lost/],
	[{}, /^must be text$/],
])('no text, with the reason: %p', (value, problem) => {
	expect(asText(value)).toBe(value);
	expect(textProblem(value)).toMatch(problem);
});
