import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import type { Sandbox } from '../../sandbox';
import { startProgram, type Program } from '../loops/child';
import type { Workplace } from '../service';
import type { StartsTask, FollowTask } from './task';

/** Our client in a process of its own that is logged in, and sessions that are open and that it does not follow yet. */
export async function startFollower(
	{ url: baseUrl }: Sandbox,
	{ folder, caFile }: Workplace,
	{ sessionIds, capacity }: { sessionIds: string[]; capacity: number },
): Promise<Program> {
	const stateFolder = mkdtempSync(join(folder, 'state-'));
	const startsTask: StartsTask = { baseUrl, stateFolder, sessionIds };
	const starts = startProgram({ program: join(__dirname, 'startSessions.ts'), task: startsTask, caFile });
	try {
		await starts.ask('start');
	} finally {
		await starts.stop();
	}
	const task: FollowTask = { baseUrl, stateFolder, capacity };
	const follower = startProgram({ program: join(__dirname, 'follow.ts'), task, caFile });
	await follower.ask('ready');
	return follower;
}

export function sessionsNamed(name: string, count: number): string[] {
	return Array.from({ length: count }, (_, index) => `${name}-${index}`);
}

/** Every session waits in a poll: what comes now is delivered at once. */
export async function untilHeld(sandbox: Sandbox, count: number): Promise<void> {
	await sandbox.when(() => sandbox.stats().pollsHeld === count, 120_000);
}

export function oneOf(sessionIds: readonly string[]): string {
	return sessionIds[Math.floor(Math.random() * sessionIds.length)] ?? '';
}

/** What must have come has come, each once. */
export async function takeAll(program: Program, count: number): Promise<number[]> {
	const latencies = await program.ask<number[]>(`take ${count}`);
	if (latencies.length !== count) throw new Error(`${latencies.length} messages arrived instead of ${count}.`);
	return latencies;
}
