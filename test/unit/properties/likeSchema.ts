import fc from 'fast-check';
import * as z from 'zod/v4';

/** What of a JSON schema says how its values look. */
interface Shape {
	type?: string;
	properties?: Record<string, Shape>;
	items?: Shape;
	anyOf?: Shape[];
}

/** JSON that looks like what a schema takes, but has faults in any place: other types, missing and further fields. */
export function likeSchema(schema: z.ZodType): fc.Arbitrary<unknown> {
	return like(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape);
}

function like(shape: Shape): fc.Arbitrary<unknown> {
	const anything = fc.jsonValue({ maxDepth: 2 });
	return fc.oneof({ weight: 6, arbitrary: wellFormed(shape) ?? anything }, { weight: 1, arbitrary: anything });
}

function wellFormed({ type, properties, items, anyOf }: Shape): fc.Arbitrary<unknown> | undefined {
	if (anyOf) return fc.oneof(...anyOf.map(like));
	switch (type) {
		case 'object':
			return fc
				.tuple(
					fc.record(Object.fromEntries(Object.entries(properties ?? {}).map(([name, one]) => [name, like(one)])), {
						requiredKeys: [],
					}),
					fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'toString', 'more'), fc.jsonValue({ maxDepth: 1 })),
				)
				.map(([known, more]) => ({ ...more, ...known }));
		case 'array':
			return fc.array(items ? like(items) : fc.jsonValue({ maxDepth: 1 }), { maxLength: 4 });
		case 'string':
			return fc.string({ unit: 'binary' });
		case 'number':
		case 'integer':
			return fc.oneof(fc.integer(), fc.double());
		case 'boolean':
			return fc.boolean();
		default:
			return undefined;
	}
}
