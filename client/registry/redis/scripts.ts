/** How long Redis keeps what nobody uses, in ms. Far longer than any session lives (a week at most). */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

/** The keys of an account, as `accountKeys` gives them. */
const ACCOUNT = `
local sessions, bots, order, open = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expiry, unreset, claimed, earlier, unconfirmed = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local contexts, earlierContexts = KEYS[10], KEYS[11]
`;

/** Ends every script that writes: Redis forgets a key's time to live together with its last member. */
const KEEP = `
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ${KEEP_MS}) end
`;

/** How a record ends that does not hold its context. Versions that look for it there find an empty one. */
export const RECORD_END = ',"context":"{}"}';

/** Where the context begins in a record that holds it. Within a text of JSON, a quotation mark never comes after a comma. */
const CONTEXT_BEGINS = ',"context":';

/** Moves a context out of the record of a session, where the first version kept it. Returns how much that was, in bytes. */
const MOVE_CONTEXT = `
local function moveContext(id)
	local session = redis.call('HGET', sessions, id)
	if not session or string.sub(session, -${RECORD_END.length}) == '${RECORD_END}' then return 0 end
	local place = string.find(session, '${CONTEXT_BEGINS}', 1, true)
	if not place then return 0 end
	redis.call('HSET', contexts, id, string.sub(session, place + ${CONTEXT_BEGINS.length}, -2))
	redis.call('HSET', sessions, id, string.sub(session, 1, place - 1) .. '${RECORD_END}')
	return #session
end
`;

/** So much is moved at once, in bytes: others want to be served as well. */
const MOVED_AT_ONCE = 4 * 1024 * 1024;

/**
 * Adds a session to what a script returns: its id, JSON and sequence, one after the other, empty where they are missing.
 * What comes first is 1 when there was too much to move: the script is to be run again.
 */
const ADD_SESSION = `${MOVE_CONTEXT}
local result, moved = { 0 }, 0
local function addSession(id)
	if moved > 0 and moved + redis.call('HSTRLEN', sessions, id) > ${MOVED_AT_ONCE} then
		result[1] = 1
		return
	end
	moved = moved + moveContext(id)
	result[#result + 1] = id
	result[#result + 1] = redis.call('HGET', sessions, id) or ''
	result[#result + 1] = redis.call('ZSCORE', order, id) or ''
end
`;

/** Moves a field from one hash to another, or deletes what the other has. */
const MOVE_FIELD = `
local function moveField(from, to, id)
	local value = redis.call('HGET', from, id)
	redis.call('HDEL', from, id)
	if value then redis.call('HSET', to, id, value) else redis.call('HDEL', to, id) end
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

/** ARGV: session id, session as JSON, bot id, when it expires, when it was recorded, context as JSON. */
export const recordScript = `${ACCOUNT}${TO_END}${MOVE_CONTEXT}${MOVE_FIELD}
local id = ARGV[1]
moveContext(id)
moveField(contexts, earlierContexts, id)
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
if ARGV[6] ~= '{}' then redis.call('HSET', contexts, id, ARGV[6]) end
${KEEP}`;

/**
 * Claims a start and goes on if that succeeds.
 * ARGV from `first` on: owner, fingerprint, origin, session id, until when its owner lives, how long it is kept in ms.
 * Returns what is known of a start that somebody else has claimed, an empty list if nobody has, or the owner itself.
 */
const claimStart = (key: number, first: number, andThen: string) => `
local start = KEYS[${key}]
if redis.call('EXISTS', start) == 1 then
	if redis.call('HGET', start, 'owner') == ARGV[${first}] then return {} end
	local known = {}
	for index, field in ipairs({ 'fingerprint', 'origin', 'sessionId', 'aliveUntil', 'outcome' }) do
		known[index] = redis.call('HGET', start, field)
	end
	return known
end
${andThen}
for index, field in ipairs({ 'owner', 'fingerprint', 'origin', 'sessionId', 'aliveUntil' }) do
	redis.call('HSET', start, field, ARGV[${first} - 1 + index])
end
redis.call('PEXPIRE', start, ARGV[${first} + 5])
return {}`;

/** KEYS: the start. */
export const claimStartScript = claimStart(1, 1, '');

/** KEYS: after those of the account, the start. ARGV: as `recordScript`, then the claim. */
export const claimAndRecordScript = claimStart(12, 7, recordScript);

/** KEYS: the start. ARGV: owner, until when that lives, optionally the outcome. */
export const settleStartScript = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return end
redis.call('HSET', KEYS[1], 'aliveUntil', ARGV[2])
if ARGV[3] then redis.call('HSET', KEYS[1], 'outcome', ARGV[3]) end`;

/** KEYS: the start. ARGV: owner. */
export const releaseStartScript = `
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

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
export const forgetScript = `${ACCOUNT}${MOVE_FIELD}
local id = ARGV[1]
local life = redis.call('HGET', earlier, id)
moveField(earlierContexts, contexts, id)
for _, key in ipairs({ sessions, bots, earlier }) do redis.call('HDEL', key, id) end
for _, key in ipairs({ order, open, expiry, unreset, claimed, unconfirmed }) do redis.call('ZREM', key, id) end
local isReadable, parts = pcall(cjson.decode, life or '')
if isReadable and type(parts) == 'table' then
	local session, bot, sequence, expiresAt, isOpen, isUnreset, recordedAt = unpack(parts)
	redis.call('HSET', sessions, id, session)
	redis.call('HSET', bots, id, bot)
	redis.call('ZADD', order, sequence, id)
	redis.call('ZADD', expiry, expiresAt, id)
	if isOpen == 'open' then redis.call('ZADD', open, expiresAt, id) end
	if isUnreset == 'unreset' then redis.call('ZADD', unreset, expiresAt, id) end
	if recordedAt ~= 'confirmed' then redis.call('ZADD', unconfirmed, recordedAt, id) end
end
${KEEP}`;

/** ARGV: session id. Returns its context as JSON, which the first version wrote as JSON twice; nothing if there is no session. */
export const contextScript = `${ACCOUNT}
local session = redis.call('HGET', sessions, ARGV[1])
if not session then return false end
local place = string.find(session, '${CONTEXT_BEGINS}', 1, true)
local own = place and string.sub(session, place + ${CONTEXT_BEGINS.length}, -2)
if own and own ~= '"{}"' then return own end
return redis.call('HGET', contexts, ARGV[1]) or '{}'`;

/** ARGV: session id, its record, empty if it is missing. Only pruning finds it from now on. */
export const setAsideScript = `${ACCOUNT}
if (redis.call('HGET', sessions, ARGV[1]) or '') == ARGV[2] then
	for _, key in ipairs({ order, open, unreset, claimed, unconfirmed }) do redis.call('ZREM', key, ARGV[1]) end
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
if moved > 0 then redis.call('PEXPIRE', contexts, ${KEEP_MS}) end
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

/** Puts a session back among those that wait to be reset. */
const TO_UNRESET = `
local function toUnreset(id)
	local expiresAt = redis.call('ZSCORE', expiry, id)
	if redis.call('ZREM', claimed, id) == 1 and expiresAt then redis.call('ZADD', unreset, expiresAt, id) end
end
`;

/** ARGV: now, end of the lease, how many at most, optionally a bot id. Where there was too much to move, it claims less. */
export const claimScript = `${ACCOUNT}${ADD_SESSION}${TO_UNRESET}
local now, leaseEnd, limit, bot = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
for _, id in ipairs(redis.call('ZRANGEBYSCORE', claimed, '-inf', now)) do toUnreset(id) end
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
	addSession(id)
	if result[1] == 1 then break end
	redis.call('ZREM', unreset, id)
	redis.call('ZADD', claimed, leaseEnd, id)
end
${KEEP}
return result`;

/** ARGV: end of the lease, the ids of claimed sessions. */
export const extendScript = `${ACCOUNT}
for index = 2, #ARGV do redis.call('ZADD', claimed, 'XX', ARGV[1], ARGV[index]) end
${KEEP}`;

/** ARGV: session id. */
export const releaseScript = `${ACCOUNT}${TO_UNRESET}
toUnreset(ARGV[1])
${KEEP}`;

/**
 * The place of a staged batch in the order: what its field begins with, its number, and the rest of the field. All of
 * them have the same score, so Redis sorts them by these texts: by consumer, then as they were staged.
 */
const PLACE = `
local function numberOf(payload) return tonumber(string.match(payload or '', '^%d+')) or 0 end
local function placeOf(field, prefix, number)
	return prefix .. string.format('%016d', number) .. string.sub(field, #prefix + 1)
end
`;

/**
 * KEYS: what was delivered of a session, its staged batches, their order.
 * ARGV: the batch that is done, how the fields of its consumer begin, what was delivered.
 */
export const recordDeliveredScript = `${PLACE}
local done = redis.call('HGET', KEYS[2], ARGV[1])
if done then
	redis.call('HDEL', KEYS[2], ARGV[1])
	redis.call('ZREM', KEYS[3], placeOf(ARGV[1], ARGV[2], numberOf(done)))
end
for index = 3, #ARGV do redis.call('SADD', KEYS[1], ARGV[index]) end
${KEEP}`;

/**
 * KEYS: the staged batches of a session, their order. ARGV: the batch, how the fields of its consumer begin, its payload.
 * The field "count" says how many were staged; each payload comes behind its number. The field "ordered" says up to which
 * number all are in the order: versions that know no order stage beside it.
 */
export const stageScript = `${PLACE}
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
	local number = redis.call('HINCRBY', KEYS[1], 'count', 1)
	redis.call('HSET', KEYS[1], ARGV[1], number .. ':' .. ARGV[3])
	redis.call('ZADD', KEYS[2], 0, placeOf(ARGV[1], ARGV[2], number))
	local ordered = redis.call('HGET', KEYS[1], 'ordered') or 0
	if tonumber(ordered) == number - 1 then redis.call('HSET', KEYS[1], 'ordered', number) end
end
${KEEP}`;

/** How many places are looked at together. */
const PLACES_AT_ONCE = 100;

/**
 * KEYS: the staged batches of a session, their order.
 * ARGV: how the fields of a consumer begin, the field to start after, how many at most, how many bytes at most.
 * Returns fields and numbered payloads, one after the other, in the order of staging.
 * Puts into the order what another version staged, or all when Redis has dropped it, and takes out what one is done with.
 */
export const stagedScript = `${PLACE}
local prefix, limit, room = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local function endOfText(field)
	local place = string.find(field, '["\\\\]', 3)
	while place and string.sub(field, place, place) == '\\\\' do place = string.find(field, '["\\\\]', place + 2) end
	return place
end
local count, ordered = redis.call('HGET', KEYS[1], 'count'), redis.call('HGET', KEYS[1], 'ordered')
local batches = redis.call('HLEN', KEYS[1]) - (count and 1 or 0) - (ordered and 1 or 0)
if count ~= ordered or redis.call('ZCARD', KEYS[2]) < batches then
	local fields = redis.call('HGETALL', KEYS[1])
	for index = 1, #fields, 2 do
		local field, payload = fields[index], fields[index + 1]
		local consumerEnd = string.sub(field, 1, 2) == '["' and endOfText(field)
		if consumerEnd then
			redis.call('ZADD', KEYS[2], 0, placeOf(field, string.sub(field, 1, consumerEnd + 1), numberOf(payload)))
		end
	end
	if count then redis.call('HSET', KEYS[1], 'ordered', count) end
	${KEEP}
end
local last = redis.call('HGET', KEYS[1], ARGV[2])
local from = last and '(' .. placeOf(ARGV[2], prefix, numberOf(last)) or '[' .. prefix
local result, found = {}, 0
repeat
	-- A colon comes right after the digits.
	local page = redis.call('ZRANGEBYLEX', KEYS[2], from, '(' .. prefix .. ':', 'LIMIT', 0, ${PLACES_AT_ONCE})
	for _, place in ipairs(page) do
		local field = prefix .. string.sub(place, #prefix + 17)
		local payload = redis.call('HGET', KEYS[1], field)
		-- Another number: it was done with, and staged once more.
		if payload and placeOf(field, prefix, numberOf(payload)) == place then
			found = found + 1
			room = room - (#payload - (string.find(payload, ':') or 0))
			if found > limit or (found > 1 and room < 0) then return result end
			result[#result + 1] = field
			result[#result + 1] = payload
		else
			redis.call('ZREM', KEYS[2], place)
		end
		from = '(' .. place
	end
until #page < ${PLACES_AT_ONCE}
return result`;

/** KEYS: what was delivered of a session. */
export const deliveredScript = `return redis.call('SMEMBERS', KEYS[1])`;

/** KEYS: the set of accounts. */
export const accountsScript = deliveredScript;

/** ARGV: sessions that expired before this time, how many at most. Returns their ids. */
export const findExpiredScript = `${ACCOUNT}
return redis.call('ZRANGEBYSCORE', expiry, '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])`;

/**
 * KEYS: after those of the account, three of each session: what was delivered, its staged batches, and their order.
 * ARGV: the time, the ids of the sessions.
 * Returns how many were deleted: some may have begun a new life since they were looked for.
 */
export const pruneScript = `${ACCOUNT}
local deleted = 0
for index = 2, #ARGV do
	local id = ARGV[index]
	local expiresAt = redis.call('ZSCORE', expiry, id)
	if expiresAt and tonumber(expiresAt) < tonumber(ARGV[1]) then
		for _, key in ipairs({ sessions, bots, earlier, contexts, earlierContexts }) do redis.call('HDEL', key, id) end
		for _, key in ipairs({ order, open, expiry, unreset, claimed, unconfirmed }) do redis.call('ZREM', key, id) end
		redis.call('DEL', KEYS[3 * index + 6], KEYS[3 * index + 7], KEYS[3 * index + 8])
		deleted = deleted + 1
	end
end
return deleted`;
