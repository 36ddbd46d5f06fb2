/** Whatever a service answers, readers take it or refuse it with our own error; they throw nothing else (guarantee 9). */
import fc from 'fast-check';
import * as z from 'zod/v4';

import { OutputHistory, messagesOf } from '../../../client/cognigyAi/messages';
import { managementService } from '../../../client/cognigyAi/statusErrors';
import { serviceWords } from '../../../client/cognigyAi/serviceWords';
import { statusError } from '../../../client/cognigyAi/statusErrors';
import * as cognigyAiWire from '../../../client/cognigyAi/wire';
import { CognigyError } from '../../../client/errors';
import { readAnswer } from '../../../client/call/answer';
import { parseRetryAfter } from '../../../client/call/retryAfter';
import { v1Service } from '../../../client/v1/statusErrors';
import * as v1Wire from '../../../client/v1/wire';
import { likeSchema } from './likeSchema';

const schemasOf = (service: typeof v1Service, module: object) =>
	Object.entries(module)
		.filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType)
		.map(([name, schema]) => [`${service.name}: ${name}`, schema, service] as const);

const pages = { pageOfEndpoints: cognigyAiWire.pageSchema(cognigyAiWire.endpointItemSchema) };
const schemas = [
	...schemasOf(v1Service, v1Wire),
	...schemasOf(managementService, cognigyAiWire),
	...schemasOf(managementService, pages),
];

/** Runs a reader: what it gives, or undefined where it refused as it may. */
function taken<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		if (error instanceof CognigyError) return undefined;
		throw error;
	}
}

const bodies = (schema: z.ZodType) =>
	fc.oneof(
		{ weight: 4, arbitrary: likeSchema(schema).map((value) => JSON.stringify(value) ?? '') },
		{ weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
		{
			weight: 1,
			arbitrary: fc
				.tuple(likeSchema(schema), fc.nat())
				.map(([value, cut]) => (JSON.stringify(value) ?? '').slice(0, cut)),
		},
	);

it('finds every schema of the wire', () => {
	expect(schemas.length).toBeGreaterThanOrEqual(12);
});

it.each(schemas)('%s', (_name, schema, service) => {
	let accepted = 0;
	fc.assert(
		fc.property(bodies(schema), fc.boolean(), (body, isStart) => {
			const response = { status: 200, headers: {}, body };
			const value = taken(() => readAnswer(response, schema, { action: 'Asking', service }, isStart));
			if (value !== undefined) accepted++;
		}),
		{ numRuns: 300 },
	);
	// Or else only refusals were tried.
	expect(accepted).toBeGreaterThan(0);
	expect(({} as Record<string, unknown>)['more']).toBeUndefined();
});

it('outputs of bots become messages with a text and an id of their own, whatever is in them', () => {
	const rich = fc.dictionary(
		fc.constantFrom(
			'_text',
			'_quickReplies',
			'_buttons',
			'_gallery',
			'_list',
			'_adaptiveCard',
			'_image',
			'_audio',
			'_video',
			'_file',
		),
		fc.oneof(
			fc.jsonValue({ maxDepth: 4 }),
			fc.record({
				text: fc.jsonValue({ maxDepth: 1 }),
				quickReplies: fc.array(fc.record({ title: fc.jsonValue({ maxDepth: 1 }) }, { requiredKeys: [] })),
				items: fc.array(fc.record({ title: fc.jsonValue(), subtitle: fc.jsonValue() }, { requiredKeys: [] })),
				adaptiveCard: fc.record({ body: fc.array(fc.jsonValue({ maxDepth: 3 })) }, { requiredKeys: [] }),
			}),
		),
	);
	const data = fc.oneof(
		likeSchema(cognigyAiWire.outputSchema),
		fc.record({ _cognigy: fc.record({ _default: rich }) }),
		fc.record({ _data: fc.record({ _cognigy: fc.record({ _default: rich }) }) }),
	);
	const outputs = fc.array(
		fc.record({
			text: fc.string(),
			data,
			traceId: fc.constantFrom('', 't-1', 't-2'),
			source: fc.constantFrom('', 'agent'),
		}),
		{ maxLength: 5 },
	);
	fc.assert(
		fc.property(outputs, (given) => {
			const parsed = given.map((output) => cognigyAiWire.outputSchema.parse(output));
			const messages = messagesOf(parsed, new OutputHistory('s-1'), 0);
			for (const { text } of messages) expect(typeof text).toBe('string');
			expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(messages.length);
		}),
		{ numRuns: 400 },
	);
});

it('words of a service are short, on one line, and without secrets', () => {
	const secret = 'S3cr3t-token';
	const words = fc.oneof(
		fc.string({ unit: 'binary' }),
		fc.json(),
		fc.string().map((text) => `<html>${text}`),
	);
	fc.assert(
		fc.property(words, words, (before, after) => {
			const body = JSON.stringify({ title: before, detail: `${before} ${secret} ${after}`, traceId: after });
			for (const text of [serviceWords(body, [secret]), serviceWords(before + secret + after, [secret])]) {
				expect(text).not.toContain(secret);
				// eslint-disable-next-line no-control-regex -- that is what must not be there
				expect(text).not.toMatch(/[\u0000-\u001f]/);
				expect(text.length).toBeLessThan(500);
			}
		}),
	);
});

it('every status has an error of ours', () => {
	const call = { action: 'Asking', subject: 'endpoint', inputs: 'Endpoint' } as const;
	const answers = fc.record({
		status: fc.integer({ min: 100, max: 999 }).filter((status) => status < 200 || status > 299),
		headers: fc.dictionary(fc.constantFrom('retry-after', 'location'), fc.string()),
		body: fc.oneof(fc.string(), fc.json()),
	});
	fc.assert(
		fc.property(answers, fc.constantFrom('management', 'endpoint'), (response, service) => {
			const error = statusError(response, { ...call, service }, Date.now(), []);
			expect(error).toBeInstanceOf(CognigyError);
			expect(error.advice).not.toBe('');
			expect(error.retryAfterMs ?? 0).toBeGreaterThanOrEqual(0);
		}),
	);
});

it('Retry-After is a time to come, or nothing', () => {
	fc.assert(
		fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String)), (header) => {
			expect(parseRetryAfter(header, 0) ?? 0).toBeGreaterThanOrEqual(0);
		}),
	);
});
