import * as z from 'zod/v4';
import { aimed, http2Effects, insteadEffects, losingEffects, spoilingEffects } from '../../faults/effects';
import { parseAs } from '../../faults/parseAs';
import type { Operation } from '../contract';
import { channelSchemas } from './channelSchemas';
import { target } from './target';

const insteadSchemas = aimed(insteadEffects, target);
const http2Schemas = aimed(http2Effects, target);
const losingSchemas = aimed(losingEffects, target);
const spoilingSchemas = aimed(spoilingEffects, target);

const schemas = [...insteadSchemas, ...http2Schemas, ...losingSchemas, ...spoilingSchemas, ...channelSchemas] as const;
type AnyFault = z.output<(typeof schemas)[number]>;

const kindsOf = <Kind extends AnyFault['kind']>(
	group: ReadonlyArray<{ shape: { kind: { value: Kind } } }>,
): readonly Kind[] => group.map((schema) => schema.shape.kind.value);

export const INSTEAD_KINDS = kindsOf(insteadSchemas);
export const HTTP2_KINDS = kindsOf(http2Schemas);
export const LOSING_KINDS = kindsOf(losingSchemas);
export const SPOILING_KINDS = kindsOf(spoilingSchemas);
export const CHANNEL_KINDS = kindsOf(channelSchemas);

const REST_KINDS = [...INSTEAD_KINDS, ...HTTP2_KINDS, ...LOSING_KINDS, ...SPOILING_KINDS];
const FRAME_KINDS = [
	...(['hang', 'dropBefore', 'resetBefore', 'freeze', 'close'] as const),
	...LOSING_KINDS,
	...(['lostAnswer', 'answer', 'wrongSession', 'twice', 'binary', 'hugeFrame'] as const),
];

/** Which faults an operation can have. */
export const KINDS_OF_OPERATION = {
	login: REST_KINDS,
	versions: REST_KINDS,
	start: REST_KINDS,
	messages: REST_KINDS,
	connect: [...INSTEAD_KINDS, ...LOSING_KINDS, ...(['noSubprotocol', 'freeze'] as const)],
	reset: FRAME_KINDS,
	stateCheck: [...FRAME_KINDS, 'busy' as const],
} satisfies Record<Operation, ReadonlyArray<AnyFault['kind']>>;

const faultSchema = z.discriminatedUnion('kind', [...schemas]).superRefine(({ operation, kind }, context) => {
	if (operation === 'any') return;
	const kinds: readonly string[] = KINDS_OF_OPERATION[operation];
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
export type FaultOf<O extends Operation> = Extract<Fault, { kind: (typeof KINDS_OF_OPERATION)[O][number] }>;
export type InsteadFault = z.output<(typeof insteadSchemas)[number]>;
export type Http2Fault = z.output<(typeof http2Schemas)[number]>;

export function isInstead(fault: Fault): fault is InsteadFault {
	return INSTEAD_KINDS.some((kind) => kind === fault.kind);
}

export function isOfHttp2(fault: Fault): fault is Http2Fault {
	return HTTP2_KINDS.some((kind) => kind === fault.kind);
}

/** Whether an operation gets a fault that was asked for it, or for any that can have it. */
export function isFor<O extends Operation>(fault: Fault, operation: O): fault is FaultOf<O> {
	const kinds: readonly FaultKind[] = KINDS_OF_OPERATION[operation];
	return fault.operation === operation || (fault.operation === 'any' && kinds.includes(fault.kind));
}

/** Fills in the defaults. Throws an error that says what is wrong when it is no fault. */
export function parseFault(request: unknown): Fault {
	return parseAs(faultSchema, request, 'This is not a fault');
}
