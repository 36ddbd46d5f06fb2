import type { RedisConnection } from '../../client/redis/redisConnection';

/** Asks until the answer holds these words; meanwhile the connection may break, as it does when roles change. */
export async function untilAnswers(admin: RedisConnection, command: string[], words: string): Promise<void> {
	let answer = '';
	while (!answer.includes(words)) answer = String(await admin.command(...command).catch(() => ''));
}

/**
 * Until the replicas of a primary have all that was written so far, by whichever connection. WAIT would see to what its own
 * connection wrote.
 */
export async function untilReplicated(primary: RedisConnection): Promise<void> {
	const written = (await offsetsOf(primary)).own;
	for (;;) {
		const { replicas } = await offsetsOf(primary);
		if (replicas.length > 0 && replicas.every((offset) => offset >= written)) return;
	}
}

/** How far a primary has come, and of how much its replicas have told that they have it, in bytes. */
async function offsetsOf(primary: RedisConnection): Promise<{ own: number; replicas: number[] }> {
	const text = String(await primary.command('INFO', 'replication'));
	const own = Number(/^master_repl_offset:(\d+)/m.exec(text)?.[1]);
	const replicas = [...text.matchAll(/^slave\d+:.*\boffset=(\d+)/gm)].map(([, offset]) => Number(offset));
	return { own, replicas };
}
