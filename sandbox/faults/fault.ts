import { z } from 'zod';
import type { Operation } from '../v1/contract';
import { channelSchemas } from '../v1/faults/channelSchemas';
import { common } from './common';
import { aimed, insteadEffects, losingEffects, spoilingEffects } from './effects';

const insteadSchemas = aimed(insteadEffects, common);
const losingSchemas = aimed(losingEffects, common);
const spoilingSchemas = aimed(spoilingEffects, common);

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
	...(['lostAnswer', 'answer', 'wrongSession', 'twice', 'binary', 'hugeFrame'] as const),
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
