import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createTlsMaterial, startSandbox, type Sandbox, type TlsMaterial } from '../sandbox';

/** Latencies of the service, in ms. */
const latenciesMs = [0, 20];

/** What belongs to a run of a benchmark. */
export interface Workplace {
	/** For temporary files; gone after the run. */
	folder: string;
	tls: TlsMaterial;
	/** PEM file with the certificate authority of the service. */
	caFile: string;
}

export async function withWorkplace<T>(work: (workplace: Workplace) => Promise<T>): Promise<T> {
	const folder = mkdtempSync(join(tmpdir(), 'bench-'));
	try {
		const tls = await createTlsMaterial();
		const caFile = join(folder, 'ca.pem');
		writeFileSync(caFile, tls.ca);
		return await work({ folder, tls, caFile });
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Measures against a new service for each latency. */
export async function atEachLatency<Result>(
	tls: TlsMaterial,
	measure: (sandbox: Sandbox, latencyMs: number) => Promise<Result>,
): Promise<Result[]> {
	return await atEachLatencyOf(async (latencyMs) => await startSandbox({ tls, latencyMs }), measure);
}

/** @param start starts a service with this latency */
export async function atEachLatencyOf<Service extends { close(): Promise<void> }, Result>(
	start: (latencyMs: number) => Promise<Service>,
	measure: (service: Service, latencyMs: number) => Promise<Result>,
): Promise<Result[]> {
	const results: Result[] = [];
	for (const latencyMs of latenciesMs) {
		const service = await start(latencyMs);
		try {
			results.push(await measure(service, latencyMs));
		} finally {
			await service.close();
		}
	}
	return results;
}
