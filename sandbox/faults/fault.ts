import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';
import { operations } from '../contract';

const maxTimerMs = 2_147_483_647;
const megabyte = 1024 * 1024;

const milliseconds = z.number().int().min(0).max(maxTimerMs);

const headers = z.record(z.string()).superRefine((value, context) => {
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

/** Which calls a fault is for. Every field given must fit; a call that lacks the field does not fit. */
const match = z
	.object({
		botId: z.string(),
		flowId: z.string(),
		/** The end user that a start names. */
		userId: z.string(),
		/** The session that a start asks for. */
		sessionId: z.string(),
		/** The sandbox user: of the login, or behind the token. */
		username: z.string(),
		/** True: only on a connection that carried a call before (with `dropBefore`: what a stale keep-alive connection does). */
		reusedConnection: z.boolean(),
	})
	.partial()
	.strict();

const common = {
	operation: z.enum([...operations, 'any']),
	/** How many calls get the fault. */
	times: z.number().int().min(1).default(1),
	/** How many matching calls are left alone first. */
	after: z.number().int().min(0).default(0),
	match: match.default({}),
};

/** Faults that answer, or do not answer, in the place of the operation: it does not run. */
const insteadSchemas = [
	/** Answers with this status. A string body is sent as it is, anything else as JSON. */
	z
		.object({
			...common,
			kind: z.literal('status'),
			status: z.number().int().min(200).max(599),
			headers: headers.default({}),
			body: z.unknown(),
		})
		.strict(),
	/** Never answers, until the client goes away or the sandbox closes. */
	z.object({ ...common, kind: z.literal('hang') }).strict(),
	/** Closes the connection. */
	z.object({ ...common, kind: z.literal('dropBefore') }).strict(),
	/** Closes the connection with a TCP RST. */
	z.object({ ...common, kind: z.literal('resetBefore') }).strict(),
] as const;

/** Faults that spoil the answer: the operation does run. */
const spoilingSchemas = [
	/** Runs at once and answers so many ms later. */
	z.object({ ...common, kind: z.literal('latency'), ms: milliseconds }).strict(),
	/** Closes the connection in the place of the answer. */
	z.object({ ...common, kind: z.literal('dropAfter') }).strict(),
	/** Closes the connection with a TCP RST in the place of the answer. */
	z.object({ ...common, kind: z.literal('resetAfter') }).strict(),
	/** Promises the whole body, sends half of it and closes the connection. */
	z.object({ ...common, kind: z.literal('truncate') }).strict(),
	/** 200 with JSON that breaks off in the middle, cleanly ended. */
	z.object({ ...common, kind: z.literal('badJson') }).strict(),
	/** 200 with good JSON that is not what the contract says. */
	z
		.object({
			...common,
			kind: z.literal('wrongShape'),
			body: z.unknown().default(['not', 'what', 'the contract says']),
		})
		.strict(),
	/** 200 with an HTML page, as a proxy or a login wall would send. */
	z.object({ ...common, kind: z.literal('wrongContentType') }).strict(),
	/** The right answer with a padding field of so many bytes, streamed. */
	z
		.object({
			...common,
			kind: z.literal('hugeBody'),
			bytes: z
				.number()
				.int()
				.min(0)
				.default(64 * megabyte),
		})
		.strict(),
	/** The right answer, so many bytes every so many ms. */
	z
		.object({
			...common,
			kind: z.literal('slowBody'),
			chunkBytes: z.number().int().min(1).default(1),
			intervalMs: milliseconds.default(100),
		})
		.strict(),
	/** The right answer with a padding field, gzipped: small on the wire, so many megabytes when inflated. */
	z.object({ ...common, kind: z.literal('gzipBomb'), megabytes: z.number().int().min(1).default(100) }).strict(),
] as const;

const faultSchema = z.discriminatedUnion('kind', [...insteadSchemas, ...spoilingSchemas]);

/** A fault as it is asked for; what is left out has defaults. */
export type FaultRequest = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;
export type FaultKind = Fault['kind'];
export type FaultMatch = Fault['match'];
export type InsteadFault = z.output<(typeof insteadSchemas)[number]>;
export type SpoilingFault = z.output<(typeof spoilingSchemas)[number]>;

const kindsOf = (schemas: ReadonlyArray<{ shape: { kind: { value: FaultKind } } }>) =>
	schemas.map((schema) => schema.shape.kind.value);
export const insteadKinds: readonly FaultKind[] = kindsOf(insteadSchemas);
export const spoilingKinds: readonly FaultKind[] = kindsOf(spoilingSchemas);

export function isInstead(fault: Fault): fault is InsteadFault {
	return insteadKinds.includes(fault.kind);
}

/** Fills in the defaults. Throws an error that says what is wrong when it is no fault. */
export function parseFault(request: unknown): Fault {
	const result = faultSchema.safeParse(request);
	if (result.success) return result.data;
	const reasons = result.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
	throw new InvalidFault(`This is not a fault: ${reasons.join('; ')}`);
}

export class InvalidFault extends Error {
	override readonly name = 'InvalidFault';
}
