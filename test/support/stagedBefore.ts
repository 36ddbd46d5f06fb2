import type { RedisConnection } from '../../client/redis/redisConnection';
import { stagedKey } from '../../client/registry/redis/keys';
import type { SessionKey, StagedBatch } from '../../client/registry/sessionRegistry';

const STAGE = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
	redis.call('HSET', KEYS[1], ARGV[1], redis.call('HINCRBY', KEYS[1], 'count', 1) .. ':' .. ARGV[2])
end`;

const STAGED = `
local prefix = ARGV[1]
local function numberOf(payload) return tonumber(string.match(payload or '', '^%d+')) or 0 end
local fields = redis.call('HGETALL', KEYS[1])
local numbers, places = {}, {}
for place = 1, #fields, 2 do
	local number = numberOf(fields[place + 1])
	if string.sub(fields[place], 1, #prefix) == prefix and number > 0 then
		numbers[#numbers + 1] = number
		places[number] = place
	end
end
table.sort(numbers)
local result = {}
for _, number in ipairs(numbers) do result[#result + 1] = fields[places[number]] end
return result`;

/** What versions of this package did with staged batches in Redis that kept no order of them. */
export class StagedBefore {
	constructor(
		private readonly redis: RedisConnection,
		private readonly key: SessionKey,
	) {}

	async stage(consumer: string, { id, payload }: StagedBatch): Promise<void> {
		await this.redis.run(STAGE, [stagedKey(this.key)], [JSON.stringify([consumer, id]), payload]);
	}

	/** One is done with. */
	async done(consumer: string, id: string): Promise<void> {
		await this.redis.command('HDEL', stagedKey(this.key), JSON.stringify([consumer, id]));
	}

	/** @returns the ids of all, in order */
	async ids(consumer: string): Promise<string[]> {
		const beginning = `${JSON.stringify([consumer]).slice(0, -1)},`;
		const fields = (await this.redis.run(STAGED, [stagedKey(this.key)], [beginning])) as string[];
		return fields.map((field) => (JSON.parse(field) as [string, string])[1]);
	}
}
