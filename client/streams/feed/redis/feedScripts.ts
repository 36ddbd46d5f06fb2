/** A process that has told nothing for so long, in ms, is taken for dead. */
export const LEASE_MS = 6_000;
/** How long Redis keeps a feed after its last use, in ms. */
const KEEP_MS = 60 * 60_000;
/** So much of a feed is kept for readers that come later, in messages and bytes. */
export const KEPT_ENTRIES = 1_000;
const KEPT_BYTES = 4 * 1024 * 1024;
/** So many ids: a service that says everything again must not fill the feed with what was in it before. */
export const KEPT_IDS = 10_000;
/** So much is read at once, in bytes; one entry always. */
const READ_BYTES = 1024 * 1024;
/** So many feeds are remembered by their last change. Who was away for longer looks at them all. */
const KEPT_CHANGES = 20_000;
/** A process that is dead for so long, in ms, is forgotten. */
const FORGET_MS = 60_000;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Only commands that the registry and the budget need as well: whoever has set up rights for them need not add any. */
const KEEP = `
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ${KEEP_MS}) end
`;

/**
 * KEYS: what the feeds have in common, then those of one feed.
 * ARGV: the feed; who asks, as its process, a colon and a name; its role; position and id of what it read last; the same of what it
 * brought last; whether it waits for what comes (1); how many to read; then each entry's id and the entry itself.
 * Returns nothing when the feed does not have what it should have, else: the holder, the newest position, how far the
 * slowest reader is behind, the position of the last that was brought, the number of the newest change,
 * whether somebody else waits for what comes (1), whether anybody else is open (1), and entries, each behind its position.
 */
export const exchangeScript = `
local processes, changed, state = KEYS[1], KEYS[2], KEYS[3]
local feed, entries, ids, readers = KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local name, me, role = ARGV[1], ARGV[2], ARGV[3]
local after, isAwaited, limit = tonumber(ARGV[4]), ARGV[8], tonumber(ARGV[9])
${NOW}
local function processOf(member) return string.match(member, '^[^:]*') end
local function isAlive(member)
	local lives = redis.call('ZSCORE', processes, processOf(member))
	return lives and tonumber(lives) > now
end
local function numberOf(field) return tonumber(redis.call('HGET', feed, field) or '0') end

local forgotten = numberOf('forgotten')
local function isThere(position, id)
	if position == 0 or id == '' then return true end
	local score = redis.call('ZSCORE', ids, id)
	if score then return tonumber(score) == position end
	return position <= forgotten
end
if after > numberOf('last') or not isThere(after, ARGV[5]) or not isThere(tonumber(ARGV[6]), ARGV[7]) then return {} end

if role ~= 'guest' then redis.call('ZADD', processes, now + ${LEASE_MS}, processOf(me)) end
local last, bytes = numberOf('last'), numberOf('bytes')
local first = last
for index = 10, #ARGV, 2 do
	local id, entry = ARGV[index], ARGV[index + 1]
	if not redis.call('ZSCORE', ids, id) then
		last = last + 1
		local member = string.format('%.0f', last) .. ':' .. entry
		redis.call('ZADD', entries, last, member)
		redis.call('ZADD', ids, last, id)
		bytes = bytes + #member
	end
end
local isChanged = last > first

local holder = redis.call('HGET', feed, 'holder')
if role == 'holder' then
	if not holder or processOf(holder) == processOf(me) or not isAlive(holder) then
		redis.call('HSET', feed, 'holder', me)
		holder = me
	end
elseif role ~= 'guest' and holder == me then
	redis.call('HDEL', feed, 'holder')
	holder = false
	isChanged = true
end

if role == 'leaver' then isAwaited = '0' end
if role ~= 'guest' then
	local before = redis.call('HGET', readers, me)
	if role ~= 'leaver' and not before then isChanged = true end
	if before and string.match(before, '%d$') ~= isAwaited then isChanged = true end
	redis.call('HSET', readers, me, ARGV[4] .. ':' .. isAwaited)
	if role == 'leaver' then redis.call('HDEL', readers, me) end
end
local slowest, isAwaitedElsewhere, hasOthers = last, 0, 0
local positions = redis.call('HGETALL', readers)
for index = 1, #positions, 2 do
	if isAlive(positions[index]) then
		local position, waits = string.match(positions[index + 1], '^(%d+):(%d)$')
		slowest = math.min(slowest, tonumber(position))
		if positions[index] ~= me then
			hasOthers = 1
			if waits == '1' then isAwaitedElsewhere = 1 end
		end
	else redis.call('HDEL', readers, positions[index]) end
end

if last > first then
	local surplus = redis.call('ZCARD', entries) - ${KEPT_ENTRIES}
	if surplus > 0 or bytes > ${KEPT_BYTES} then
		local oldest = redis.call('ZRANGE', entries, 0, math.max(surplus, 100))
		for _, member in ipairs(oldest) do
			local position = tonumber(string.match(member, '^%d+'))
			if (surplus <= 0 and bytes <= ${KEPT_BYTES}) or position > slowest or position == last then break end
			redis.call('ZREM', entries, member)
			surplus = surplus - 1
			bytes = bytes - #member
		end
	end
	if last - forgotten > ${KEPT_IDS} then
		forgotten = last - ${KEPT_IDS}
		redis.call('ZREMRANGEBYSCORE', ids, '-inf', forgotten)
		redis.call('HSET', feed, 'forgotten', forgotten)
	end
	redis.call('HSET', feed, 'last', last)
	redis.call('HSET', feed, 'bytes', bytes)
end
if isChanged then
	local number = redis.call('HINCRBY', state, 'number', 1)
	redis.call('ZADD', changed, number, name)
	redis.call('ZREMRANGEBYSCORE', changed, '-inf', number - ${KEPT_CHANGES})
end

local brought = #ARGV > 9 and redis.call('ZSCORE', ids, ARGV[#ARGV - 1]) or '0'
local number = tonumber(redis.call('HGET', state, 'number') or '0')
local result = { holder or '', last, last - slowest, tonumber(brought), number, isAwaitedElsewhere, hasOthers }
if limit > 0 then
	local room = ${READ_BYTES}
	local found = redis.call('ZRANGEBYSCORE', entries, '(' .. after, '+inf', 'LIMIT', 0, limit)
	for index, member in ipairs(found) do
		room = room - #member
		if index > 1 and room < 0 then break end
		result[#result + 1] = member
	end
end
${KEEP}
return result`;

/**
 * KEYS: what the feeds have in common. ARGV: this process, the number of the changes before; below 0: it knows none.
 * Returns the number now, whether nobody knows what changed since (1), how many processes are there, these, and the feeds
 * that changed, each with the number of its last change.
 */
export const changesScript = `
local processes, changed, state = KEYS[1], KEYS[2], KEYS[3]
local me, since = ARGV[1], tonumber(ARGV[2])
${NOW}
local lives = redis.call('ZSCORE', processes, me)
local number = tonumber(redis.call('HGET', state, 'number') or '0')
-- Who was taken for dead may have lost what it held; and who is not there was forgotten by Redis, and so was all else.
local isUnknown = since < 0 or not lives or tonumber(lives) <= now or since > number or number - since >= ${KEPT_CHANGES}
redis.call('ZADD', processes, now + ${LEASE_MS}, me)
redis.call('ZREMRANGEBYSCORE', processes, '-inf', now - ${FORGET_MS})
local alive = redis.call('ZRANGEBYSCORE', processes, '(' .. now, '+inf')
local result = { number, isUnknown and 1 or 0, #alive }
for _, process in ipairs(alive) do result[#result + 1] = process end
if not isUnknown then
	local names = redis.call('ZRANGEBYSCORE', changed, '(' .. since, '+inf', 'WITHSCORES')
	for _, text in ipairs(names) do result[#result + 1] = text end
end
${KEEP}
return result`;

/** KEYS: the ids of a feed. */
export const idsScript = `return redis.call('ZRANGE', KEYS[1], 0, -1)`;
