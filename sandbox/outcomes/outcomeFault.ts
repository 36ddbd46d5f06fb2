import * as z from 'zod/v4';
import { milliseconds } from '../faults/common';
import { parseAs } from '../faults/parseAs';

const operation = z.literal('outcome').default('outcome');

/** What goes wrong when a flow posts its outcome. */
const outcomeFaultSchema = z.discriminatedUnion('kind', [
	/** It is never posted. */
	z.object({ operation, kind: z.literal('never') }).strict(),
	/** It is posted so many ms later. */
	z.object({ operation, kind: z.literal('late'), ms: milliseconds }).strict(),
	/** It is posted once more when it was taken. */
	z.object({ operation, kind: z.literal('twice') }).strict(),
	/** Before it, JSON that breaks off is posted. */
	z.object({ operation, kind: z.literal('badJson') }).strict(),
]);

export type OutcomeFaultRequest = z.input<typeof outcomeFaultSchema>;
export type OutcomeFault = z.output<typeof outcomeFaultSchema>;

/** Whether a fault that is asked for is one of these. */
export function isForOutcome(request: unknown): boolean {
	return typeof request === 'object' && request !== null && Reflect.get(request, 'operation') === 'outcome';
}

/** Throws an error that says what is wrong when it is no fault. */
export function parseOutcomeFault(request: unknown): OutcomeFault {
	return parseAs(outcomeFaultSchema, request, 'This is not a fault of an outcome');
}
