import { NEEDED_COMMANDS } from '../../client/redis/redisCommands';
import { redisConnectionFor } from '../../client/redis/redisConnection';
import type { RedisServer } from './redisServer';

/** The rights that the documents tell people to give, for one user of Redis. */
export const documentedRights = (commands: readonly string[] = NEEDED_COMMANDS): string[] => [
	...['resetchannels', '~n8n-nodes-cognigy:*', '-@all'],
	...commands.map((command) => `+${command.toLowerCase()}`),
];

/** The same for Redis 6.0, which knows no rights of channels. */
export const rightsBefore62 = (): string[] => documentedRights().filter((right) => right !== 'resetchannels');

/** Makes a user of Redis. @returns a URL that logs in as it */
export async function redisUser({ url, port }: RedisServer, name: string, rights: readonly string[]): Promise<string> {
	const admin = redisConnectionFor(url);
	await admin.command('ACL', 'SETUSER', name, 'reset', 'on', '>geheim/1#?', ...rights);
	await admin.close();
	return `redis://${name}:${encodeURIComponent('geheim/1#?')}@127.0.0.1:${port}`;
}
