import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as z from 'zod/v4';
import { milliseconds, UNEXPECTED_BODY } from './common';

const MEGABYTE = 1024 * 1024;

const headers = z.record(z.string(), z.string()).superRefine((value, context) => {
	for (const [name, text] of Object.entries(value)) {
		try {
			validateHeaderName(name);
			validateHeaderValue(name, text);
		} catch (error) {
			context.addIssue({
				code: 'custom',
				path: [name],
				message: error instanceof Error ? error.message : String(error),
			});
		}
	}
});

/** Faults that answer, or do not answer, in the place of the operation: it does not run. */
export const insteadEffects = [
	/** Answers with this status. A string body is sent as it is, anything else as JSON. */
	z
		.object({
			kind: z.literal('status'),
			status: z.number().int().min(200).max(599),
			headers: headers.default({}),
			body: z.unknown().optional(),
		})
		.strict(),
	/** Never answers, until the client goes away or the sandbox closes. */
	z.object({ kind: z.literal('hang') }).strict(),
	/** Closes the connection. */
	z.object({ kind: z.literal('dropBefore') }).strict(),
	/** Closes the connection with a TCP RST. */
	z.object({ kind: z.literal('resetBefore') }).strict(),
] as const;

/** Error codes of HTTP/2 (RFC 9113, 7). */
export const HTTP2_CODES = [
	'NO_ERROR',
	'PROTOCOL_ERROR',
	'INTERNAL_ERROR',
	'REFUSED_STREAM',
	'CANCEL',
	'ENHANCE_YOUR_CALM',
	'HTTP_1_1_REQUIRED',
] as const;

/** Faults of HTTP/2, in the place of the operation: it does not run. What comes over HTTP/1.1 is served as ever. */
export const http2Effects = [
	/** Ends this request alone. */
	z.object({ kind: z.literal('resetStream'), code: z.enum(HTTP2_CODES).default('REFUSED_STREAM') }).strict(),
	/** Ends the connection; with the code `NO_ERROR` what it carries already is answered first. */
	z
		.object({
			kind: z.literal('goAway'),
			code: z.enum(HTTP2_CODES).default('NO_ERROR'),
			/** Whether it says that it has taken this request, so that it may have run. */
			taken: z.boolean().default(false),
		})
		.strict(),
	/** Reads nothing more from the connection, so that pings are not answered either. */
	z.object({ kind: z.literal('stall') }).strict(),
] as const;

/** Faults that hold back the answer, or lose it with the connection: the operation does run. */
export const losingEffects = [
	/** Runs at once and answers so many ms later. */
	z.object({ kind: z.literal('latency'), ms: milliseconds }).strict(),
	/** Closes the connection in the place of the answer. */
	z.object({ kind: z.literal('dropAfter') }).strict(),
	/** Closes the connection with a TCP RST in the place of the answer. */
	z.object({ kind: z.literal('resetAfter') }).strict(),
] as const;

/** Faults that spoil the answer to a REST call: the operation does run. */
export const spoilingEffects = [
	/** Promises the whole body, sends half of it and closes the connection. */
	z.object({ kind: z.literal('truncate') }).strict(),
	/** 200 with JSON that breaks off in the middle, cleanly ended. */
	z.object({ kind: z.literal('badJson') }).strict(),
	/** 200 with good JSON that is not what the contract says. */
	z
		.object({
			kind: z.literal('wrongShape'),
			body: z.unknown().default(UNEXPECTED_BODY),
		})
		.strict(),
	/** 200 with an HTML page, as a proxy or a login wall would send. */
	z.object({ kind: z.literal('wrongContentType') }).strict(),
	/** The right answer with a padding field of so many bytes, or with so many blanks in a list, streamed. */
	z
		.object({
			kind: z.literal('hugeBody'),
			bytes: z
				.number()
				.int()
				.min(0)
				.default(64 * MEGABYTE),
		})
		.strict(),
	/** The right answer, so many bytes every so many ms. */
	z
		.object({
			kind: z.literal('slowBody'),
			chunkBytes: z.number().int().min(1).default(1),
			intervalMs: milliseconds.default(100),
		})
		.strict(),
	/** The right answer, padded in the same way and gzipped: small on the wire, so many megabytes when inflated. */
	z.object({ kind: z.literal('gzipBomb'), megabytes: z.number().int().min(1).default(100) }).strict(),
] as const;

export type Http2Effect = z.output<(typeof http2Effects)[number]>;
export type InsteadEffect = z.output<(typeof insteadEffects)[number]>;
export type LosingEffect = z.output<(typeof losingEffects)[number]>;
export type SpoilingEffect = z.output<(typeof spoilingEffects)[number]>;

type Aimed<Effects, Target extends z.ZodRawShape> = {
	[Index in keyof Effects]: Effects[Index] extends z.ZodObject<infer Effect extends z.ZodRawShape, z.core.$strict>
		? z.ZodObject<z.core.util.Extend<Target, Effect>, z.core.$strict>
		: never;
};

/** Makes faults of effects by adding the fields that say which calls are to have them. */
export function aimed<const Effects extends readonly z.ZodObject[], Target extends z.ZodRawShape>(
	effects: Effects,
	target: Target,
): Aimed<Effects, Target> {
	// `map` forgets that what comes out has the same length and order.
	return effects.map((effect) => effect.extend(target)) as unknown as Aimed<Effects, Target>;
}
