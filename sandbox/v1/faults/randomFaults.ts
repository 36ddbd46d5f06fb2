import * as z from 'zod/v4';
import { OPERATIONS, type Operation } from '../contract';
import { parseAs } from '../../faults/parseAs';
import { isFor, parseFault, type Fault, type FaultKind, type FaultOf, type FaultRequest } from './fault';

type WithoutTarget<Request> = Request extends unknown
	? Omit<Request, 'operation' | 'times' | 'after' | 'match'>
	: never;

/** Which calls get a fault by chance. */
export interface RandomFaultsRequest {
	/** An integer. With the same one, the n-th call of these operations gets the same fault, or none, in every run. */
	seed: number;
	/** From 0 to 1. */
	probability: number;
	operations: readonly Operation[];
	/** Equally probable. A fault that needs fields, or is to have others than the default, is given with them. */
	kinds: ReadonlyArray<FaultKind | WithoutTarget<FaultRequest>>;
}

const requestSchema = z
	.object({
		seed: z.number().int(),
		probability: z.number().min(0).max(1),
		operations: z.array(z.enum(OPERATIONS)).min(1),
		kinds: z.array(z.union([z.string().transform((kind) => ({ kind })), z.object({}).passthrough()])).min(1),
	})
	.strict();

/** Faults that come by chance, and yet the same ones in every run. */
export class RandomFaults {
	readonly #random: () => number;
	readonly #probability: number;
	/** Of every operation, as many faults as kinds were asked for, in their order. */
	readonly #faults: ReadonlyMap<Operation, readonly Fault[]>;

	/** Throws an error that says what is wrong when an operation cannot have one of the faults. */
	constructor(request: RandomFaultsRequest) {
		const { seed, probability, operations, kinds } = parseAs(requestSchema, request, 'These are no random faults');
		this.#random = seededRandom(seed);
		this.#probability = probability;
		this.#faults = new Map(
			operations.map((operation) => [operation, kinds.map((kind) => parseFault({ ...kind, operation }))]),
		);
	}

	/** The fault for a call that arrived, if any. Every call of the operations counts, whatever becomes of it. */
	draw<O extends Operation>(operation: O): FaultOf<O> | undefined {
		const faults = this.#faults.get(operation);
		if (!faults) return undefined;
		// Two draws for every call: what the next ones get does not depend on what this one gets.
		const isHit = this.#random() < this.#probability;
		const fault = faults[Math.floor(this.#random() * faults.length)];
		return isHit && fault && isFor(fault, operation) ? fault : undefined;
	}
}

/** Mulberry32: numbers from 0 to below 1 that look random, always the same ones for a seed. */
export function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let bits = Math.imul(state ^ (state >>> 15), 1 | state);
		bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
		return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
	};
}
