/**
 * Scripts of the budget that many processes share. Redis runs one script at a time and looks at its own clock, so the
 * clocks of our machines do not matter. They need Redis 5 or later.
 *
 * Every process (`me`) that waits stands in `line` with one entry per kind of request. Who came first goes first; who got
 * something stands at the end again. An entry keeps free slots for its process, as many as it wants and no more than all
 * get that stand in the line: so a process that comes back a little earlier than the others does not take theirs. What
 * nobody in the line keeps, the process that asks takes at once. An entry whose process does not come back before its
 * lease ends (it was killed) is struck out: it holds up the others until then, and never for good.
 */

/**
 * KEYS: log and streams (id by time), line (entry by ticket), leases (entry by end), wants (number by entry), hold.
 * ARGV: me, limit, span, stream limit, stream span (ms), grace of a lease (ms), number of the first id to give,
 * id that the log must know ('' for none), kinds in order of arrival ('c' or 's' each), then requests that were sent:
 * kind, age (ms) and id, like c:120:id.
 * Returns the kinds that may go, in order, and the ms until it is worth asking for the others. -1 ms: the log has lost
 * what it should know, tell it again.
 */
export const ASK = `
local log, streams, line, leases, wants, hold = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local me, limit, span = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local streamLimit, streamSpan, grace = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local number, known, kinds = tonumber(ARGV[7]), ARGV[8], ARGV[9]
local soon = 200
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

if #ARGV == 9 and known ~= '' and not redis.call('ZSCORE', log, known) then return { '', -1 } end
for i = 10, #ARGV do
	local kind, age, id = string.match(ARGV[i], '^(%a):(%d+):(.+)$')
	redis.call('ZADD', log, now - age, id)
	if kind == 's' then redis.call('ZADD', streams, now - age, id) end
end

local function forget(key, after)
	-- Of the future: the clock of Redis was set back. Counted from now on, they hold longer than they must, not shorter.
	for _, id in ipairs(redis.call('ZRANGEBYSCORE', key, string.format('(%.0f', now), '+inf')) do
		redis.call('ZADD', key, now, id)
	end
	redis.call('ZREMRANGEBYSCORE', key, '-inf', now - after)
end
forget(log, span)
forget(streams, streamSpan)

local function leave(entry)
	redis.call('ZREM', line, entry)
	redis.call('ZREM', leases, entry)
	redis.call('HDEL', wants, entry)
end
local longestLease = string.format('(%.0f', now + span + grace)
for _, range in ipairs({ { '-inf', now }, { longestLease, '+inf' } }) do
	for _, entry in ipairs(redis.call('ZRANGEBYSCORE', leases, range[1], range[2])) do leave(entry) end
end

for _, kind in ipairs({ 'c', 's' }) do
	if not string.find(kinds, kind, 1, true) then leave(kind .. me) end
end
for kind in string.gmatch(kinds, '%a') do
	if not redis.call('ZSCORE', line, kind .. me) then
		local last = redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')
		redis.call('ZADD', line, (tonumber(last[2]) or 0) + 1, kind .. me)
	end
end

local isHeld = redis.call('EXISTS', hold) == 1
local free, streamFree = limit - redis.call('ZCARD', log), streamLimit - redis.call('ZCARD', streams)
-- The same, if each in the line took one: so it goes when slots come back one by one.
local freeByOne, streamFreeByOne = free, streamFree
local granted = ''
local function hasShare(kind) return kind == 'c' or streamFree > 0 end
local function claim(kind)
	free = free - 1
	if kind == 's' then streamFree = streamFree - 1 end
end
local function claimByOne(kind)
	if kind == 's' and streamFreeByOne <= 0 then return end
	freeByOne = freeByOne - 1
	if kind == 's' then streamFreeByOne = streamFreeByOne - 1 end
end
local function grant(kind)
	claim(kind)
	local id = me .. ':' .. string.format('%.0f', number)
	number = number + 1
	granted = granted .. kind
	redis.call('ZADD', log, now, id)
	if kind == 's' then redis.call('ZADD', streams, now, id) end
end

-- When the request that lacks so many slots gets one, if nobody gives up: in ms.
local function freeIn(key, after, missing)
	if missing <= 0 then return 0 end
	local index = math.min(missing, redis.call('ZCARD', key)) - 1
	if index < 0 then return after end
	return redis.call('ZRANGE', key, index, index, 'WITHSCORES')[2] + after - now
end

local wait, leaseOfOthers = span, span
local goes, stays = {}, {}
local entries = redis.call('ZRANGE', line, 0, -1)
local fairShare = math.max(1, math.floor(limit / #entries))
for _, entry in ipairs(entries) do
	local kind, owner = string.sub(entry, 1, 1), string.sub(entry, 2)
	local lease = redis.call('ZSCORE', leases, entry)
	if owner ~= me and not lease then
		-- A Redis that runs out of memory may have thrown the leases away.
		leave(entry)
	elseif owner ~= me then
		leaseOfOthers = math.min(leaseOfOthers, lease - now + 1)
		for _ = 1, math.min(fairShare, tonumber(redis.call('HGET', wants, entry)) or 1) do
			if hasShare(kind) then claim(kind) end
		end
		claimByOne(kind)
	elseif not isHeld and free > 0 and hasShare(kind) then
		grant(kind)
		claimByOne(kind)
		goes[kind] = true
	else
		local turn = freeIn(log, span, 1 - freeByOne)
		if kind == 's' then turn = math.max(turn, freeIn(streams, streamSpan, 1 - streamFreeByOne)) end
		-- Free already, but kept for somebody who must come any moment.
		if turn == 0 then turn = soon end
		wait = math.min(wait, turn, leaseOfOthers)
		if hasShare(kind) then claim(kind) end
		claimByOne(kind)
		stays[kind] = true
	end
end

local count = { c = 0, s = 0 }
for kind in string.gmatch(kinds, '%a') do
	count[kind] = count[kind] + 1
	if count[kind] > 1 then
		if goes[kind] and free > 0 and hasShare(kind) then grant(kind) else goes[kind] = nil end
	end
end

if isHeld then wait = redis.call('PTTL', hold) end
wait = math.max(1, math.min(wait, span))
for _, kind in ipairs({ 'c', 's' }) do
	if stays[kind] then
		redis.call('ZADD', leases, now + wait + grace, kind .. me)
		redis.call('HSET', wants, kind .. me, count[kind])
	else
		leave(kind .. me)
	end
end
for _, key in ipairs({ log, streams, line, leases, wants }) do redis.call('PEXPIRE', key, streamSpan + span + grace) end
return { granted, wait }
`;

/** KEYS: hold. ARGV: ms. The longest wish wins. */
export const HOLD = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
`;
