import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { redisConnectionFor } from '../../client/redis/redisConnection';
import { freePort } from '../../n8n-host/freePort';
import { untilAnswers } from './redisAdmin';
import { startRedisServer, type RedisServer } from './redisServer';

/** A primary, a replica and a Sentinel on this machine. */
export interface SentinelGroup {
	primary: RedisServer;
	replica: RedisServer;
	sentinel: RedisServer;
	stop(): Promise<void>;
}

/** @param password of all of them; none if missing */
export async function startSentinelGroup(password?: string): Promise<SentinelGroup> {
	const folder = await mkdtemp(join(tmpdir(), 'sentinel-'));
	const servers: RedisServer[] = [];
	const start = async (...how: Parameters<typeof startRedisServer>) => {
		const server = await startRedisServer(...how);
		servers.push(server);
		return server;
	};
	const access = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
	const primary = await start(undefined, access);
	const replica = await start(undefined, ['--replicaof', `127.0.0.1 ${primary.port}`, ...access]);
	await answers(replica, password, ['INFO', 'replication'], 'master_link_status:up');
	const file = join(folder, `${await freePort()}.conf`);
	const settings = [
		`sentinel monitor main 127.0.0.1 ${primary.port} 1`,
		'sentinel down-after-milliseconds main 500',
		'sentinel failover-timeout main 3000',
		...(password === undefined ? [] : [`sentinel auth-pass main "${password}"`, `requirepass "${password}"`]),
	];
	await writeFile(file, `${settings.join('\n')}\n`);
	const sentinel = await start(undefined, [], { sentinel: file });
	await answers(sentinel, password, ['SENTINEL', 'REPLICAS', 'main'], 'master-link-status,ok');
	return {
		primary,
		replica,
		sentinel,
		async stop() {
			await Promise.all(servers.map(async (server) => await server.stop()));
			await rm(folder, { recursive: true, force: true });
		},
	};
}

async function answers(server: RedisServer, password: string | undefined, command: string[], words: string) {
	const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
	const admin = redisConnectionFor(server.url.replace('//', `//${login}`));
	await untilAnswers(admin, command, words);
	await admin.close();
}

/** A URL that finds the primary over these Sentinels. */
export const sentinelUrl = (...sentinels: ReadonlyArray<{ port: number }>): string =>
	`redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/main`;
