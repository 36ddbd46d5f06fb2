import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';
import type { Operation } from '../contract';
import { channelSchemas } from './channel-schemas';
import { common, milliseconds, unexpectedBody } from './common';

const megabyte = 1024 * 1024;

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

/** Faults that hold back the answer, or lose it with the connection: the operation does run. */
const losingSchemas = [
	/** Runs at once and answers so many ms later. */
	z.object({ ...common, kind: z.literal('latency'), ms: milliseconds }).strict(),
	/** Closes the connection in the place of the answer. */
	z.object({ ...common, kind: z.literal('dropAfter') }).strict(),
	/** Closes the connection with a TCP RST in the place of the answer. */
	z.object({ ...common, kind: z.literal('resetAfter') }).strict(),
] as const;

/** Faults that spoil the answer to a REST call: the operation does run. */
const spoilingSchemas = [
	/** Promises the whole body, sends half of it and closes the connection. */
	z.object({ ...common, kind: z.literal('truncate') }).strict(),
	/** 200 with JSON that breaks off in the middle, cleanly ended. */
	z.object({ ...common, kind: z.literal('badJson') }).strict(),
	/** 200 with good JSON that is not what the contract says. */
	z
		.object({
			...common,
			kind: z.literal('wrongShape'),
			body: z.unknown().default(unexpectedBody),
		})
		.strict(),
	/** 200 with an HTML page, as a proxy or a login wall would send. */
	z.object({ ...common, kind: z.literal('wrongContentType') }).strict(),
	/** The right answer with a padding field of so many bytes, or with so many blanks in a list, streamed. */
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
	/** The right answer, padded in the same way and gzipped: small on the wire, so many megabytes when inflated. */
	z.object({ ...common, kind: z.literal('gzipBomb'), megabytes: z.number().int().min(1).default(100) }).strict(),
] as const;

const schemas = [...insteadSchemas, ...losingSchemas, ...spoilingSchemas, ...channelSchemas] as const;
type AnyFault = z.output<(typeof schemas)[number]>;

const kindsOf = <Kind extends AnyFault['kind']>(
	group: ReadonlyArray<{ shape: { kind: { value: Kind } } }>,
): readonly Kind[] => group.map((schema) => schema.shape.kind.value);

export const insteadKinds = kindsOf(insteadSchemas);
export const losingKinds = kindsOf(losingSchemas);
export const spoilingKinds = kindsOf(spoilingSchemas);
export const channelKinds = kindsOf(channelSchemas);

const restKinds = [...insteadKinds, ...losingKinds, ...spoilingKinds];
const frameKinds = [
	...(['hang', 'dropBefore', 'resetBefore', 'freeze', 'close'] as const),
	...losingKinds,
	...(['lostAnswer', 'answer', 'wrongSession', 'binary', 'hugeFrame'] as const),
];

/** Which faults an operation can have. */
export const kindsOfOperation = {
	login: restKinds,
	versions: restKinds,
	start: restKinds,
	messages: restKinds,
	connect: [...insteadKinds, ...losingKinds, ...(['noSubprotocol', 'freeze'] as const)],
	reset: frameKinds,
	stateCheck: [...frameKinds, 'busy' as const],
} satisfies Record<Operation, ReadonlyArray<AnyFault['kind']>>;

const faultSchema = z.discriminatedUnion('kind', [...schemas]).superRefine(({ operation, kind }, context) => {
	if (operation === 'any') return;
	const kinds: readonly string[] = kindsOfOperation[operation];
	if (kinds.includes(kind)) return;
	context.addIssue({
		code: 'custom',
		path: ['kind'],
		message: `${operation} cannot have the fault ${kind}, only ${kinds.join(', ')}`,
	});
});

/** A fault as it is asked for; what is left out has defaults. */
export type FaultRequest = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;
export type FaultKind = Fault['kind'];
export type FaultMatch = Fault['match'];
/** The faults that an operation can have. */
export type FaultOf<O extends Operation> = Extract<Fault, { kind: (typeof kindsOfOperation)[O][number] }>;
export type InsteadFault = z.output<(typeof insteadSchemas)[number]>;

export function isInstead(fault: Fault): fault is InsteadFault {
	return insteadKinds.some((kind) => kind === fault.kind);
}

/** Whether an operation gets a fault that was asked for it, or for any that can have it. */
export function isFor<O extends Operation>(fault: Fault, operation: O): fault is FaultOf<O> {
	const kinds: readonly FaultKind[] = kindsOfOperation[operation];
	return fault.operation === operation || (fault.operation === 'any' && kinds.includes(fault.kind));
}

/** Fills in the defaults. Throws an error that says what is wrong when it is no fault. */
export function parseFault(request: unknown): Fault {
	return parseAs(faultSchema, request, 'This is not a fault');
}

/** @param problem what to say when it is not what it should be; the reasons are added */
export function parseAs<Schema extends z.ZodTypeAny>(
	schema: Schema,
	request: unknown,
	problem: string,
): z.output<Schema> {
	const result = schema.safeParse(request);
	if (result.success) return result.data as z.output<Schema>;
	const reasons = result.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
	throw new InvalidFault(`${problem}: ${reasons.join('; ')}`);
}

export class InvalidFault extends Error {
	override readonly name = 'InvalidFault';
}
