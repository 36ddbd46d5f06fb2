// A process that asks the Redis of its argument for one thing, and prints the answer.
import { redisConnectionFor } from '../../client/redis/redisConnection';

const print = (line: string) => process.stdout.write(`${line}\n`);

const redis = redisConnectionFor(process.argv[2] ?? '');
redis
	.command('GET', 'n8n-nodes-cognigy:none')
	.then(
		(answer) => print(`answer: ${String(answer)}`),
		(error: unknown) => print(String(error)),
	)
	.finally(() => void redis.close());
