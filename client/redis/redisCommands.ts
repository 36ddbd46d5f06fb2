/** Every key that we use begins so. */
export const KEY_PREFIX = 'n8n-nodes-cognigy:';

/** What our scripts and commands ask of Redis besides EVAL and EVALSHA, as calls that try it out on keys of their own. */
const TRIALS: ReadonlyArray<readonly [command: string, ...args: string[]]> = [
	['TIME'],
	['SET', 'text', '1', 'PX', '10000'],
	['GET', 'text'],
	['EXISTS', 'text'],
	['PTTL', 'text'],
	['PEXPIRE', 'text', '10000'],
	['HSET', 'hash', 'a', '1'],
	['HINCRBY', 'hash', 'a', '1'],
	['HGET', 'hash', 'a'],
	['HGETALL', 'hash'],
	['HEXISTS', 'hash', 'a'],
	['HLEN', 'hash'],
	['HSTRLEN', 'hash', 'a'],
	['HDEL', 'hash', 'a'],
	['SADD', 'set', 'a'],
	['SMEMBERS', 'set'],
	['ZADD', 'sorted', '1', 'a'],
	['ZCARD', 'sorted'],
	['ZSCORE', 'sorted', 'a'],
	['ZRANGE', 'sorted', '0', '-1'],
	['ZRANGEBYSCORE', 'sorted', '0', '1'],
	['ZRANGEBYLEX', 'sorted', '-', '+'],
	['ZREM', 'sorted', 'a'],
	['ZREMRANGEBYSCORE', 'sorted', '0', '1'],
	['DEL', 'text', 'hash', 'set', 'sorted'],
];

/** The commands that a user of Redis must be allowed to use, in capital letters. */
export const NEEDED_COMMANDS: readonly string[] = ['EVAL', 'EVALSHA', ...TRIALS.map(([command]) => command)];

const KEYS = ['text', 'hash', 'set', 'sorted'];

/**
 * KEYS: as in `KEYS`, in order. Tries every command out, and returns the names of those that Redis does not let this user
 * run. Leaves nothing behind. Fails where the user may not use the keys.
 */
const TRY_ALL = `local refused = {}
local function try(...)
	local answer = redis.pcall(...)
	if type(answer) == 'table' and answer.err then
		if string.find(answer.err, 'WRONGTYPE') == nil then table.insert(refused, (...)) end
	end
end
${TRIALS.map((trial) => `try(${trial.map(luaOf).join(', ')})`).join('\n')}
return refused`;

/** A key is named by its place, as Redis wants it. */
function luaOf(argument: string, index: number): string {
	const place = index === 0 ? -1 : KEYS.indexOf(argument);
	return place >= 0 ? `KEYS[${place + 1}]` : `'${argument}'`;
}

/** The script and its keys: in braces, so that all of them are in one place of a sharded Redis. */
export const trialOfAll = { script: TRY_ALL, keys: KEYS.map((name) => `${KEY_PREFIX}{access-check}:${name}`) };
