import type { Sandbox } from '../../../../sandbox';

/** Faults by chance, as a service has them behind a gateway and under load; none that leaves open whether a flow runs. */
export function injectFaults({ faults }: Sandbox, seed: number): void {
	const tooMany = { kind: 'status', status: 429, headers: { 'retry-after': '0' } } as const;
	const slow = { kind: 'latency', ms: 300 } as const;
	faults.random({
		seed,
		probability: 0.15,
		operations: ['messages'],
		kinds: [
			...(['dropBefore', 'resetBefore', 'dropAfter', 'resetAfter', 'truncate', 'badJson', 'wrongContentType'] as const),
			...[slow, tooMany, { kind: 'status', status: 503 } as const],
			{ kind: 'slowBody', chunkBytes: 500, intervalMs: 10 },
		],
	});
	// Seldom: two of them in a row mean that even a new token is refused, and then no login is tried for a while.
	faults.random({ seed, probability: 0.01, operations: ['messages'], kinds: [{ kind: 'status', status: 401 }] });
	faults.random({
		seed,
		probability: 0.3,
		operations: ['login'],
		kinds: ['dropAfter', 'badJson', { kind: 'status', status: 503 }],
	});
	faults.random({ seed, probability: 0.05, operations: ['versions', 'start'], kinds: [slow, tooMany] });
}
