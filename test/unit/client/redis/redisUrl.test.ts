import { inspect } from 'node:util';

import { clientFor } from '../../../../client/clientFor';
import { CognigyError } from '../../../../client/errors';
import { unrestrictedEgress } from '../../../../client/transport/egress';
import { readRedisUrl } from '../../../../client/redis/redisAddress';

const ENCODED =
	/^has a user or password that is not encoded: write \/ # \? @ % in the password as %2F %23 %3F %40 %25$/;

it.each<[string, object]>([
	['redis://h', { host: 'h', port: 6379, tls: false }],
	['REDISS://h:7/3', { host: 'h', port: 7, tls: true, database: 3 }],
	['redis://:a%2Fb%23c%3Fd%40e%25@h', { host: 'h', port: 6379, tls: false, password: 'a/b#c?d@e%' }],
	['redis://n8n:s%25ecret@[::1]:6380/', { host: '::1', port: 6380, tls: false, username: 'n8n', password: 's%ecret' }],
	['valkeys://h', { host: 'h', port: 6379, tls: true }],
	[
		'rediss+sentinel://n8n:s%25@s1,s2:7,[::1]:8/my%20main/3',
		{
			...{ host: 's1', port: 26379, tls: true, username: 'n8n', password: 's%', database: 3 },
			sentinel: {
				name: 'my main',
				nodes: [
					{ host: 's1', port: 26379 },
					{ host: 's2', port: 7 },
					{ host: '::1', port: 8 },
				],
			},
		},
	],
	[
		'redis+cluster://:p@h1,h2:7/0',
		{
			...{ host: 'h1', port: 6379, tls: false, password: 'p' },
			cluster: {
				nodes: [
					{ host: 'h1', port: 6379 },
					{ host: 'h2', port: 7 },
				],
			},
		},
	],
	// The last "@" is the one that counts.
	['redis://:a@b@h', { host: 'h', port: 6379, tls: false, password: 'a@b' }],
])('%s is understood', (url, address) => {
	expect(readRedisUrl(url)).toEqual(address);
});

it.each<[string, RegExp]>([
	['', /^is empty/],
	['redis://:geheim/x@h:6379', ENCODED],
	['redis://n8n:1/geheim@h:6379', ENCODED],
	['redis://n8n:12#geheim@h/0', ENCODED],
	['redis://:gehe?im@h', ENCODED],
	['redis://:geheim%@h', ENCODED],
	['rediss://:geheim%zz@h', ENCODED],
	['redis://:a/b@c/geheim@h', ENCODED],
	['redis://h/mydb', /^must end with the number of a database, such as \/0/],
	['redis://h:6379/0/geheim', /^must end with the number of a database/],
	['redis://h/-1', /^must end with the number of a database/],
	['redis://', /^names no host$/],
	['redis:///0', /^names no host$/],
	['redis://:geheim@', /^names no host$/],
	['redis://:geheim@:6379', /^names no host$/],
	['redis://:6379/1', /^names no host$/],
	['redis://h:port', /^has no valid host and port$/],
	['redis://h:70000', /^has no valid host and port$/],
	['redis://h:0', /^must have a port from 1 to 65535$/],
	['redis://h/0?password=geheim', /^must not contain "\?" or "#" after the host$/],
	['redis://h#geheim', /^must not contain "\?" or "#" after the host$/],
	['h:6379', /^must begin with redis:\/\/ or rediss:\/\/$/],
	['geheim', /^must begin with/],
	['http://:geheim@h', /^must begin with/],
	['redis:h', /^must begin with/],
	['redis+other://h', /^must begin with/],
	['redis://h:1,h:2', /^names several hosts: begin it with redis\+sentinel:\/\/ or redis\+cluster:\/\/$/],
	['redis+sentinel://h', /^must name the Redis that the Sentinels watch, such as \/mymaster$/],
	['redis+sentinel://:geheim@h,/main', /^names no host$/],
	['redis+sentinel://h/main/geheim', /^must end with the number of a database/],
	['redis+sentinel://:gehe/im@h/main', ENCODED],
	['redis+cluster://h1:1,h2:port', /^has no valid host and port$/],
	['redis+cluster://h/1', /^must not end with a number: a Redis Cluster has database 0 only$/],
])('%s is refused by both credentials before anything is sent', (redisUrl, words) => {
	const problem = readRedisUrl(redisUrl);
	expect(problem).toMatch(words);
	const access = {
		cognigyApi: { baseUrl: 'https://cognigy.example.com', username: 'u', password: 'p' },
		cognigyAiApi: { apiBaseUrl: 'https://api.example.com', apiKey: 'k' },
	};
	const environment = { egress: unrestrictedEgress, stateFolder: '/nowhere', onWarning: () => {} };
	for (const type of ['cognigyApi', 'cognigyAiApi'] as const) {
		let error: unknown;
		try {
			clientFor({ type, fields: { ...access[type], stateStore: 'redis', redisUrl } }, environment);
		} catch (thrown) {
			error = thrown;
		}
		expect(error).toBeInstanceOf(CognigyError);
		expect(error).toMatchObject({ category: 'invalidInput', parameter: 'redisUrl' });
		expect((error as Error).message).toBe(
			`Redis URL in the credential ${redisUrl === '' ? 'is empty, but State Store is Redis' : String(problem)}`,
		);
		expect(inspect(error)).not.toContain('geheim');
	}
});
