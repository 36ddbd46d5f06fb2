import * as z from 'zod/v4';
import { repetition } from '../../faults/common';
import { aimed, http2Effects, insteadEffects, losingEffects, spoilingEffects } from '../../faults/effects';
import { parseAs } from '../../faults/parseAs';
import { API_OPERATIONS, ENDPOINT_OPERATIONS, OPERATIONS, type Operation } from '../contract';

const HTTP_OPERATIONS = [...API_OPERATIONS, ...ENDPOINT_OPERATIONS];

/** Which calls a fault is for. Every field given must fit; a call that lacks the field does not fit. */
const match = z
	.object({
		/** The name of an endpoint. */
		endpoint: z.string(),
		userId: z.string(),
		sessionId: z.string(),
		/** The name of the API key that was sent. */
		key: z.string(),
		/** True: only on a connection that carried a call before. */
		reusedConnection: z.boolean(),
	})
	.partial()
	.strict();

const target = {
	/** `any`: every operation that can have a fault of this kind. */
	operation: z.enum([...OPERATIONS, 'any']),
	...repetition,
	match: match.default({}),
};

/** Answers of what stands before the service: the operation does not run. */
const proxyEffects = [
	/** An HTML page, as a proxy or a load balancer sends it. */
	z.object({ kind: z.literal('htmlError'), status: z.number().int().min(400).max(599).default(502) }).strict(),
	/** A plain text. */
	z
		.object({
			kind: z.literal('textError'),
			status: z.number().int().min(400).max(599).default(500),
			text: z.string().default('Something went wrong'),
		})
		.strict(),
] as const;

const error = { message: z.string().default('The sandbox was asked to fail.'), code: z.number().int().default(1999) };

/** It runs, and something else is answered: what a transformer made of it, or what an agent says that broke down. */
const answerEffects = [
	z
		.object({
			kind: z.literal('answer'),
			status: z.number().int().min(200).max(599).default(200),
			headers: z.record(z.string(), z.string()).default({}),
			/** Text is sent as it is, anything else as JSON. */
			body: z.unknown().optional(),
		})
		.strict(),
] as const;

/** Faults of what a socket asks for. The flow runs with the first two only. */
const inputEffects = [
	/** Cuts the connection once so many outputs were sent; the flow goes on, and what it says is kept. */
	z.object({ kind: z.literal('dropMidTurn'), outputs: z.number().int().min(0).default(0) }).strict(),
	/** Everything but the end of the turn. */
	z.object({ kind: z.literal('noFinalPing') }).strict(),
	/** An `output` of the type `error`. */
	z.object({ kind: z.literal('errorOutput'), ...error }).strict(),
	/** The event `exception`. */
	z.object({ kind: z.literal('exception'), ...error }).strict(),
	/** The event `error`. */
	z.object({ kind: z.literal('errorEvent'), ...error }).strict(),
] as const;

/** Faults of something that is sent: an output, a final ping or a callback. */
const deliveryEffects = [
	/** It is never sent. A socket with acknowledgements gets it at its next connection. */
	z.object({ kind: z.literal('lost') }).strict(),
	/** It is sent twice. */
	z.object({ kind: z.literal('twice') }).strict(),
	/** It is sent after what is sent next. */
	z.object({ kind: z.literal('late') }).strict(),
	/** It is sent, and its acknowledgement does not arrive: it is sent again at the next connection. */
	z.object({ kind: z.literal('ackLost') }).strict(),
] as const;

/** Faults of `endpoint-ready`. */
const readyEffects = [z.object({ kind: z.literal('never') }).strict()] as const;

const schemas = [
	...aimed(insteadEffects, target),
	...aimed(http2Effects, target),
	...aimed(proxyEffects, target),
	...aimed(losingEffects, target),
	...aimed(spoilingEffects, target),
	...aimed(answerEffects, target),
	...aimed(inputEffects, target),
	...aimed(deliveryEffects, target),
	...aimed(readyEffects, target),
] as const;

type AnyFault = z.output<(typeof schemas)[number]>;

const INSTEAD_KINDS = ['status', 'hang', 'dropBefore', 'resetBefore', 'htmlError', 'textError'] as const;

const HTTP2_KINDS = ['resetStream', 'goAway', 'stall'] as const;

const HTTP_KINDS = [
	...INSTEAD_KINDS,
	...HTTP2_KINDS,
	...(['latency', 'dropAfter', 'resetAfter'] as const),
	'answer' as const,
	...(['truncate', 'badJson', 'wrongShape', 'wrongContentType', 'hugeBody', 'slowBody', 'gzipBomb'] as const),
];

const OTHER_KINDS = {
	connect: [...INSTEAD_KINDS, ...(['latency', 'dropAfter', 'resetAfter'] as const)],
	ready: ['never', 'latency'],
	processInput: [
		...(['hang', 'dropBefore', 'resetBefore', 'latency'] as const),
		...(['dropMidTurn', 'noFinalPing', 'errorOutput', 'exception', 'errorEvent'] as const),
	],
	output: ['lost', 'twice', 'late', 'ackLost'],
	finalPing: ['lost', 'twice', 'ackLost'],
	callback: ['lost', 'twice', 'latency'],
} as const satisfies Partial<Record<Operation, ReadonlyArray<AnyFault['kind']>>>;

type KindsOfOthers = typeof OTHER_KINDS;

/** Which faults an operation can have. */
export function kindsOf(operation: Operation): readonly FaultKind[] {
	return operation in OTHER_KINDS ? OTHER_KINDS[operation as keyof KindsOfOthers] : HTTP_KINDS;
}

const faultSchema = z.discriminatedUnion('kind', [...schemas]).superRefine(({ operation, kind }, context) => {
	if (operation === 'any') return;
	const kinds = kindsOf(operation);
	if (kinds.includes(kind)) return;
	context.addIssue({
		code: 'custom',
		path: ['kind'],
		message: `${operation} cannot have the fault ${kind}, only ${kinds.join(', ')}`,
	});
});

/** A fault as it is asked for; what is left out has defaults. */
export type CognigyAiFaultRequest = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;
export type FaultKind = Fault['kind'];
export type FaultMatch = Fault['match'];

type KindOf<O extends Operation> = O extends keyof KindsOfOthers
	? KindsOfOthers[O][number]
	: (typeof HTTP_KINDS)[number];
/** The faults that an operation can have. */
export type FaultOf<O extends Operation> = Extract<Fault, { kind: KindOf<O> }>;
export type InsteadFault = Extract<Fault, { kind: (typeof INSTEAD_KINDS)[number] }>;

export function isInstead(fault: Fault): fault is InsteadFault {
	return INSTEAD_KINDS.some((kind) => kind === fault.kind);
}

export function isOfHttp2(fault: Fault): fault is Extract<Fault, { kind: (typeof HTTP2_KINDS)[number] }> {
	return HTTP2_KINDS.some((kind) => kind === fault.kind);
}

/** Whether an operation gets a fault that was asked for it, or for any that can have it. */
export function isFor<O extends Operation>(fault: Fault, operation: O): fault is FaultOf<O> {
	return fault.operation === operation || (fault.operation === 'any' && kindsOf(operation).includes(fault.kind));
}

/** Fills in the defaults. Throws an error that says what is wrong when it is no fault. */
export function parseFault(request: unknown): Fault {
	return parseAs(faultSchema, request, 'This is not a fault');
}

/** Every kind of fault and the operations that can have it, for people. */
export function describeKinds(): string[] {
	const named = Object.entries(OTHER_KINDS).map(([operation, kinds]) => `${operation.padEnd(13)}${kinds.join(', ')}`);
	return [`${'(HTTP)'.padEnd(13)}${HTTP_KINDS.join(', ')}`, ...named, `HTTP operations: ${HTTP_OPERATIONS.join(', ')}`];
}
