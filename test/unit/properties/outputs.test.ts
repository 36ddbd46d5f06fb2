import fc from 'fast-check';

import { plainText } from '../../../client/cognigyAi/outputs/html/plainText';
import { readableText } from '../../../client/cognigyAi/outputs/readableText';
import { shapes } from '../../../sandbox/cognigyAi/flows';

const outputs = Object.values(shapes).flat();

/** Names that the readers of outputs look for, so that chance finds its way into them. */
const NAMES = [...new Set(outputs.flatMap(({ data }) => namesIn(data)))];

function namesIn(value: unknown): string[] {
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}

const PIECES = [
	'<',
	'>',
	'</',
	'/>',
	'&',
	'&amp;',
	'<b>',
	'</b>',
	'<p>',
	'<br>',
	'<a href="https://e.org">',
	'</a>',
	'<li>',
];
const markup = fc
	.array(
		fc.oneof(
			fc.constantFrom(...PIECES, '<ul>', '<td>', '<!--', '-->', '`', '```', '\n', ' ', '"', '<speak>', '<x y>'),
			fc.string(),
		),
		{
			maxLength: 40,
		},
	)
	.map((pieces) => pieces.join(''));

const { anything } = fc.letrec((tie) => ({
	anything: fc.oneof(
		{ maxDepth: 6 },
		fc.constantFrom(
			null,
			undefined,
			'',
			0,
			7,
			true,
			'AdaptiveCard',
			'button',
			'image',
			'template',
			'TextBlock',
			'Table',
			'Input.Text',
		),
		markup,
		fc.array(tie('anything'), { maxLength: 4 }),
		fc.dictionary(fc.constantFrom(...NAMES), tie('anything'), { maxKeys: 6 }),
	),
}));
const data = fc.dictionary(fc.constantFrom(...NAMES), anything, { maxKeys: 8 });

it('reads whatever it is given, in text', () => {
	fc.assert(
		fc.property(markup, data, (text, fields) => {
			expect(typeof readableText(text, fields)).toBe('string');
		}),
		{ numRuns: 500 },
	);
});

it('makes up no words of what is not there', () => {
	const blank = fc.constantFrom(
		null,
		undefined,
		[],
		{},
		'',
		' ',
		[null],
		[[]],
		Number.NaN,
		false,
		'undefined',
		'null',
		'[object Object]',
	);
	const { holes } = fc.letrec((tie) => ({
		holes: fc.oneof(
			{ maxDepth: 6 },
			blank,
			fc.array(tie('holes'), { maxLength: 3 }),
			fc.dictionary(fc.constantFrom(...NAMES), tie('holes')),
		),
	}));
	fc.assert(
		fc.property(fc.dictionary(fc.constantFrom(...NAMES), holes), (fields) => {
			expect(readableText('', fields)).not.toMatch(/undefined|null|object|NaN|\[\]/);
		}),
		{ numRuns: 500 },
	);
});

it('reads every known shape with any of its fields missing or odd, without making anything up', () => {
	const output = fc.constantFrom(...outputs.filter(({ data: fields }) => fields !== undefined));
	fc.assert(
		fc.property(
			output,
			fc.nat(),
			fc.constantFrom(null, undefined, [], {}, 7, ''),
			({ text, data: fields }, place, odd) => {
				const changed = structuredClone(fields ?? {});
				spoil(changed, place, odd);
				expect(readableText(text ?? '', changed)).not.toMatch(/\bundefined\b|\bnull\b|\[object|\[\]/);
			},
		),
		{ numRuns: 1_000 },
	);
});

/** Puts something odd into one of the fields, however deep. */
function spoil(value: object, place: number, odd: unknown): void {
	const holders: Array<[Record<string, unknown>, string]> = [];
	const collect = (holder: object) => {
		for (const [name, inner] of Object.entries(holder)) {
			holders.push([holder as Record<string, unknown>, name]);
			if (typeof inner === 'object' && inner !== null) collect(inner as object);
		}
	};
	collect(value);
	const [holder, name] = holders[place % Math.max(holders.length, 1)] ?? [];
	if (holder && name !== undefined) holder[name] = odd;
}

it('leaves text alone that holds neither < nor &', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (text) => {
			const harmless = text.replace(/[<&]/g, '');
			expect(plainText(harmless)).toBe(harmless);
		}),
	);
});

it('keeps the words between tags, in order, whatever stands around them', () => {
	const tag = fc.constantFrom(
		'<b>',
		'</b>',
		'<p>',
		'</p>',
		'<br>',
		'<div class="x">',
		'</div>',
		'<ul>',
		'<li>',
		'<i>',
		'<!-- c -->',
	);
	fc.assert(
		fc.property(fc.array(fc.tuple(tag, fc.stringMatching(/^[a-z]{1,5}$/)), { minLength: 1 }), (parts) => {
			const text = plainText(`<p>${parts.map(([before, word]) => `${before}${word} `).join('')}`);
			expect(text.match(/[a-z]+/g)).toEqual(parts.map(([, word]) => word));
			expect(text).not.toContain('<');
		}),
	);
});

describe('takes time in proportion to what it reads, also if that was made to hurt', () => {
	const many = (piece: string, times = 60_000) => piece.repeat(times);

	it.each([
		...[
			'<',
			'<b>',
			'</b>',
			'<b ',
			'<a href="',
			'<a href="x">',
			'<!--',
			'<![CDATA[',
			'<script>',
			'<svg>',
			'<svg></b>',
			'<x <b ',
		],
		...[
			'<ul><li>',
			'<td>x',
			'<br>\n',
			'<p> ',
			'&',
			'&lt;',
			'&#',
			'`',
			'`<b>`',
			'``` ',
			'```\n',
			' ',
			'\n',
			'<b>\u00a0',
			'<pre>',
		],
	])('many %j', (piece) => {
		expect(typeof plainText(`${many(piece)}<b>end</b>`)).toBe('string');
		expect(typeof plainText(`<b>${many(piece)}`)).toBe('string');
	});

	it('many runs of backticks of different lengths', () => {
		const runs = Array.from({ length: 600 }, (_, length) => `${'`'.repeat(length + 1)} `).join('');
		expect(plainText(`${runs}${runs}<b>x</b>`)).toContain('x');
	});

	it.each(['_default', '_webchat', '_plugin', '_slack', '_data'])('something deep in %s', (name) => {
		let deep: object = { type: 'TextBlock', text: 'deep' };
		for (const field of ['items', 'card', 'fallback', 'content', 'payload', 'adaptiveCard']) {
			for (let depth = 0; depth < 2_000; depth++) deep = { type: 'Container', [field]: depth % 2 ? [deep] : deep };
		}
		const section = {
			_adaptiveCard: { adaptiveCard: { body: [deep] } },
			message: deep,
			type: 'adaptivecards',
			payload: deep,
		};
		expect(readableText('Hello', { _cognigy: { [name]: section }, [name]: section })).toContain('Hello');
	});

	it('cards in text in cards', () => {
		let card = '{"body":[{"type":"TextBlock","text":"in"}]}';
		for (let depth = 0; depth < 12; depth++) card = JSON.stringify({ payload: card });
		expect(typeof readableText('', { _plugin: { type: 'adaptivecards', payload: card } })).toBe('string');
	});

	it('wide ones', () => {
		const elements = Array.from({ length: 50_000 }, (_, index) => ({ type: 'TextBlock', text: `${index}` }));
		const text = readableText('', { _cognigy: { _default: { _adaptiveCard: { adaptiveCard: { body: elements } } } } });
		expect(text.split('\n')).toHaveLength(50_000);
	});
});
