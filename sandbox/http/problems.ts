import * as z from 'zod/v4';

const quoted = (values: Iterable<unknown>, separator: string) =>
	[...values].map((value) => `'${String(value)}'`).join(separator);

/** What is wrong, for `safeParse`: in the sandbox's words, which the library's next version leaves alone. */
export const wording: z.core.$ZodErrorMap = (issue) => {
	switch (issue.code) {
		case 'invalid_type':
			return typed(issue.expected, issue.input);
		case 'invalid_value':
			if (issue.input === undefined) return 'Required';
			return issue.values.length === 1
				? `Invalid literal value, expected ${JSON.stringify(issue.values[0])}`
				: `Invalid enum value. Expected ${quoted(issue.values, ' | ')}, received '${String(issue.input)}'`;
		case 'invalid_union':
			return issue.inst instanceof z.ZodDiscriminatedUnion
				? `Invalid discriminator value. Expected ${quoted(discriminators(issue.inst), ' | ')}`
				: 'Invalid input';
		case 'unrecognized_keys':
			return `Unrecognized key(s) in object: ${quoted(issue.keys, ', ')}`;
		case 'too_small':
			return sized(issue.origin, 'greater', 'least', issue.minimum);
		case 'too_big':
			return sized(issue.origin, 'less', 'most', issue.maximum);
		default:
			return undefined;
	}
};

function typed(expected: string, input: unknown): string {
	if (input === undefined) return 'Required';
	if (expected === 'int') return 'Expected integer, received float';
	return `Expected ${expected === 'record' ? 'object' : expected}, received ${typeOf(input)}`;
}

function typeOf(input: unknown): string {
	if (input === null) return 'null';
	return Array.isArray(input) ? 'array' : typeof input;
}

/** Texts that say which of the alternatives is meant. */
function discriminators({ _zod }: z.ZodDiscriminatedUnion): Iterable<unknown> {
	return _zod.propValues[_zod.def.discriminator] ?? [];
}

function sized(origin: string, than: string, at: string, limit: number | bigint): string {
	if (origin === 'string') return `String must contain at ${at} ${limit} character(s)`;
	if (origin === 'array') return `Array must contain at ${at} ${limit} element(s)`;
	return `Number must be ${than} than or equal to ${limit}`;
}

/** A JSON object as it came, whatever its keys are: `z.record` leaves out `__proto__`. */
export const jsonObject = z.custom<Record<string, unknown>>((value) => typeOf(value) === 'object', {
	error: ({ input }) => typed('object', input),
});
