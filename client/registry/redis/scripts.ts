/** How long Redis keeps what nobody uses, in ms. Far longer than any session lives (a week at most). */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

/** The keys of an account, as `accountKeys` gives them. */
const ACCOUNT = `
local sessions, bots, order, open = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expiry, unreset, claimed, earlier, unconfirmed = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
`;

/** Ends every script that writes: Redis forgets a key's time to live together with its last member. */
const KEEP = `
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ${KEEP_MS}) end
`;

/** Adds a session to what a script returns: its JSON and its sequence, one after the other. */
const ADD_SESSION = `
local result = {}
local function addSession(id)
	result[#result + 1] = redis.call('HGET', sessions, id)
	result[#result + 1] = redis.call('ZSCORE', order, id)
end
`;

/** KEYS: the set of accounts. ARGV: an account. */
export const addAccountScript = `
redis.call('SADD', KEYS[1], ARGV[1])
${KEEP}`;

/** Puts a session behind all others. */
const TO_END = `
local function toEnd(id)
	-- The time in microseconds, so that it goes on growing when the server has lost its memory.
	local time = redis.call('TIME')
	local sequence = time[1] * 1000000 + time[2]
	local last = redis.call('ZRANGE', order, -1, -1, 'WITHSCORES')[2]
	if last and sequence <= tonumber(last) then sequence = tonumber(last) + 1 end
	redis.call('ZADD', order, string.format('%.0f', sequence), id)
end
`;

/** ARGV: session id, session as JSON, bot id, when it expires, when it was recorded. */
export const recordScript = `${ACCOUNT}${TO_END}
local id = ARGV[1]
local session = redis.call('HGET', sessions, id)
if session then
	local function score(key) return redis.call('ZSCORE', key, id) end
	redis.call('HSET', earlier, id, cjson.encode({
		session, redis.call('HGET', bots, id), score(order), score(expiry),
		score(open) and 'open' or 'ended', (score(unreset) or score(claimed)) and 'unreset' or 'reset',
		score(unconfirmed) or 'confirmed',
	}))
end
redis.call('HSET', sessions, id, ARGV[2])
redis.call('HSET', bots, id, ARGV[3])
toEnd(id)
for _, key in ipairs({ open, expiry, unreset }) do redis.call('ZADD', key, ARGV[4], id) end
redis.call('ZREM', claimed, id)
redis.call('ZADD', unconfirmed, ARGV[5], id)
${KEEP}`;

/** ARGV: session id. */
export const confirmScript = `${ACCOUNT}${TO_END}
local id = ARGV[1]
if redis.call('ZREM', unconfirmed, id) == 1 then
	toEnd(id)
	-- Also if somebody found that it had ended: whoever did asked before it began.
	redis.call('ZADD', open, redis.call('ZSCORE', expiry, id), id)
end
${KEEP}`;

/** ARGV: session id. */
export const forgetScript = `${ACCOUNT}
local id = ARGV[1]
local life = redis.call('HGET', earlier, id)
for _, key in ipairs({ sessions, bots, earlier }) do redis.call('HDEL', key, id) end
for _, key in ipairs({ order, open, expiry, unreset, claimed, unconfirmed }) do redis.call('ZREM', key, id) end
if life then
	local session, bot, sequence, expiresAt, isOpen, isUnreset, recordedAt = unpack(cjson.decode(life))
	redis.call('HSET', sessions, id, session)
	redis.call('HSET', bots, id, bot)
	redis.call('ZADD', order, sequence, id)
	redis.call('ZADD', expiry, expiresAt, id)
	if isOpen == 'open' then redis.call('ZADD', open, expiresAt, id) end
	if isUnreset == 'unreset' then redis.call('ZADD', unreset, expiresAt, id) end
	if recordedAt ~= 'confirmed' then redis.call('ZADD', unconfirmed, recordedAt, id) end
end
${KEEP}`;

/** ARGV: now, the sequence to start after, until when also unconfirmed sessions were recorded. */
export const openScript = `${ACCOUNT}${ADD_SESSION}
local now, after, unconfirmedUntil = ARGV[1], ARGV[2], ARGV[3]
local hidden = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', unconfirmed, '(' .. unconfirmedUntil, '+inf')) do hidden[id] = true end
if tonumber(after) == 0 then
	for _, id in ipairs(redis.call('ZRANGEBYSCORE', open, '(' .. now, '+inf')) do
		if not hidden[id] then addSession(id) end
	end
else
	for _, id in ipairs(redis.call('ZRANGEBYSCORE', order, '(' .. after, '+inf')) do
		local expiresAt = redis.call('ZSCORE', open, id)
		if expiresAt and tonumber(expiresAt) > tonumber(now) and not hidden[id] then addSession(id) end
	end
end
return result`;

/** ARGV: session id, its sequence. */
export const markEndedScript = `${ACCOUNT}
if tonumber(redis.call('ZSCORE', order, ARGV[1])) == tonumber(ARGV[2]) then redis.call('ZREM', open, ARGV[1]) end
${KEEP}`;

/** ARGV: session id. */
export const markResetScript = `${ACCOUNT}
redis.call('ZREM', unreset, ARGV[1])
redis.call('ZREM', claimed, ARGV[1])
${KEEP}`;

/** ARGV: now, end of the lease, how many at most, optionally a bot id. */
export const claimScript = `${ACCOUNT}${ADD_SESSION}
local now, leaseEnd, limit, bot = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
for _, id in ipairs(redis.call('ZRANGEBYSCORE', claimed, '-inf', now)) do
	redis.call('ZREM', claimed, id)
	redis.call('ZADD', unreset, redis.call('ZSCORE', expiry, id), id)
end
local pageSize = bot and 5000 or limit
local found, seen, page = {}, 0, {}
repeat
	page = redis.call('ZRANGEBYSCORE', unreset, '-inf', now, 'LIMIT', seen, pageSize)
	seen = seen + #page
	for _, id in ipairs(page) do
		if #found < limit and (not bot or redis.call('HGET', bots, id) == bot) then found[#found + 1] = id end
	end
until #found >= limit or #page < pageSize
for _, id in ipairs(found) do
	redis.call('ZREM', unreset, id)
	redis.call('ZADD', claimed, leaseEnd, id)
	addSession(id)
end
${KEEP}
return result`;

/** ARGV: session id. */
export const releaseScript = `${ACCOUNT}
if redis.call('ZREM', claimed, ARGV[1]) == 1 then
	redis.call('ZADD', unreset, redis.call('ZSCORE', expiry, ARGV[1]), ARGV[1])
end
${KEEP}`;

/** KEYS: what was emitted of a session, its staged batches. ARGV: the batch that is done, what was emitted. */
export const recordEmittedScript = `
redis.call('HDEL', KEYS[2], ARGV[1])
for index = 2, #ARGV do redis.call('SADD', KEYS[1], ARGV[index]) end
${KEEP}`;

/**
 * KEYS: the staged batches of a session. ARGV: the batch, its payload.
 * The field "count" says how many were staged; each payload comes behind its number, for hashes have no order.
 */
export const stageScript = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
	redis.call('HSET', KEYS[1], ARGV[1], redis.call('HINCRBY', KEYS[1], 'count', 1) .. ':' .. ARGV[2])
end
${KEEP}`;

/**
 * KEYS: the staged batches of a session.
 * ARGV: how the fields of a consumer begin, the field to start after, how many at most, how many bytes at most.
 * Returns fields and numbered payloads, one after the other, in the order of staging.
 */
export const stagedScript = `
local prefix, limit, room = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local function numberOf(payload) return tonumber(string.match(payload or '', '^%d+')) or 0 end
local after = numberOf(redis.call('HGET', KEYS[1], ARGV[2]))
local fields = redis.call('HGETALL', KEYS[1])
local numbers, places = {}, {}
for place = 1, #fields, 2 do
	local number = numberOf(fields[place + 1])
	if string.sub(fields[place], 1, #prefix) == prefix and number > after then
		numbers[#numbers + 1] = number
		places[number] = place
	end
end
table.sort(numbers)
local result = {}
for count, number in ipairs(numbers) do
	local field, payload = fields[places[number]], fields[places[number] + 1]
	room = room - (#payload - string.find(payload, ':'))
	if count > limit or (count > 1 and room < 0) then break end
	result[#result + 1] = field
	result[#result + 1] = payload
end
return result`;

/** KEYS: what was emitted of a session. */
export const emittedScript = `return redis.call('SMEMBERS', KEYS[1])`;

/** KEYS: the set of accounts. */
export const accountsScript = emittedScript;

/** ARGV: sessions that expired before this time, how many at most. Returns their ids. */
export const findExpiredScript = `${ACCOUNT}
return redis.call('ZRANGEBYSCORE', expiry, '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])`;

/**
 * KEYS: after those of the account, two of each session: what was emitted, and its staged batches.
 * ARGV: the time, the ids of the sessions.
 * Returns how many were deleted: some may have begun a new life since they were looked for.
 */
export const pruneScript = `${ACCOUNT}
local deleted = 0
for index = 2, #ARGV do
	local id = ARGV[index]
	local expiresAt = redis.call('ZSCORE', expiry, id)
	if expiresAt and tonumber(expiresAt) < tonumber(ARGV[1]) then
		for _, key in ipairs({ sessions, bots, earlier }) do redis.call('HDEL', key, id) end
		for _, key in ipairs({ order, open, expiry, unreset, claimed, unconfirmed }) do redis.call('ZREM', key, id) end
		redis.call('DEL', KEYS[2 * index + 6], KEYS[2 * index + 7])
		deleted = deleted + 1
	end
end
return deleted`;
