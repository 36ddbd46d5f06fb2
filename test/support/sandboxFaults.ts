import type { FaultKind, FaultRequest, Operation, Sandbox } from '../../sandbox';

/** What goes wrong with a call; the sandbox checks it. */
export interface FaultSpec {
	kind: FaultKind;
	[detail: string]: unknown;
}

/** A fault that comes again and again, so that a client which repeats what it should not is found out. */
export const always = { times: 1_000 };

export const status = (code: number, details: object = {}): FaultSpec => ({ kind: 'status', status: code, ...details });

export function inject(sandbox: Sandbox, operation: Operation, fault: FaultSpec): void {
	sandbox.faults.inject({ operation, ...fault } as FaultRequest);
}
