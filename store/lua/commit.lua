-- commit: check everything, then write everything, or write nothing.
--
-- KEYS     every key that is used; all carry the desk's hash tag.
-- ARGV[1]  one letter for each key: the type it must have if it exists
--          (h hash, l list, z sorted set, s string).
-- ARGV[2]  the number of guards, ARGV[3] the number of writes.
-- ARGV[4+] the guards, then the writes, five arguments each:
--          guard: name, key index, a, b, word      write: name, key index, a, b, c
--
-- Returns {word, detail} of the first guard that does not hold, or
-- {"ok", result, ...} with the results of the writes that have one.
-- An error reply means that nothing was written.
--
-- Nothing is written before every guard held and every write was found able to
-- succeed: Redis does not roll back a script that fails half-way. Values are
-- opaque here; time comes in as an argument.

local TYPES = {h = 'hash', l = 'list', z = 'zset', s = 'string'}

local function whole(s) -- an absent number or one that may be counted up exactly
  if not s then return true end
  return #s <= 15 and string.find(s, '^%-?%d+$') ~= nil
end

for i = 1, #KEYS do
  local have = redis.call('TYPE', KEYS[i]).ok
  if have ~= 'none' and have ~= TYPES[string.sub(ARGV[1], i, i)] then
    return redis.error_reply('HALO key ' .. KEYS[i] .. ' is a ' .. have)
  end
end

local guards, writes = tonumber(ARGV[2]), tonumber(ARGV[3])
if #ARGV ~= 3 + 5 * (guards + writes) then
  return redis.error_reply('HALO wrong number of arguments')
end
local at = 3

for _ = 1, guards do
  local name, key, a, b = ARGV[at + 1], KEYS[tonumber(ARGV[at + 2])], ARGV[at + 3], ARGV[at + 4]
  local holds, detail = false, ''
  if name == 'version' then -- document key is at version a, 0 for absent
    holds = (redis.call('HGET', key, 'v') or '0') == a
  elseif name == 'without' then -- hash key has no field a
    local v = redis.call('HGET', key, a)
    holds, detail = not v, v or ''
  elseif name == 'with' then -- hash key has field a
    holds = redis.call('HEXISTS', key, a) == 1
  elseif name == 'string' then -- string key equals a, '' for absent
    holds = (redis.call('GET', key) or '') == a
  elseif name == 'head' then -- the first element of list key belongs to letter a
    local head = redis.call('LINDEX', key, 0)
    holds = head and string.sub(head, 1, #a + 1) == a .. '\n'
  elseif name == 'score' then -- member a of sorted set key has score b
    local s = redis.call('ZSCORE', key, a)
    holds = s and tonumber(s) == tonumber(b)
  else
    return redis.error_reply('HALO unknown guard ' .. name)
  end
  if not holds then return {ARGV[at + 5], detail} end
  at = at + 5
end

local KNOWN = {
  stamp = 1, put = 1, unlink = 1, rpush = 1, lpush = 1, pop = 1, bury = 1,
  hset = 1, hdel = 1, hget = 1, add = 1, fill = 1, below = 1, once = 1, when = 1,
  zadd = 1, zfill = 1, zrem = 1, zstamp = 1, raise = 1, skip = 1,
}

-- writable tells whether a write will succeed. (Plain ifs: the Lua of the in-process
-- store miscompiles "x = x and f() and g()".)
local function writable(name, key, a, b, c, left)
  if not KNOWN[name] or not key then return false end
  if name == 'stamp' then return whole(redis.call('GET', key)) end
  if name == 'raise' then
    if not whole(a) then return false end
    return whole(redis.call('GET', key))
  end
  if name == 'skip' then
    if not whole(b) or not whole(c) or not KEYS[tonumber(a)] then return false end
    for _, n in ipairs(redis.call('HVALS', key)) do
      if not whole(n) then return false end
    end
    return whole(redis.call('GET', KEYS[tonumber(a)]))
  end
  if name == 'add' then
    if not whole(b) then return false end
    return whole(redis.call('HGET', key, a))
  end
  if name == 'zadd' or name == 'zfill' then return tonumber(b) ~= nil end
  if name == 'below' then return tonumber(c) ~= nil end
  if name == 'once' or name == 'when' then return tonumber(c) ~= nil and tonumber(c) <= left end
  if name == 'pop' or name == 'bury' then
    if not KEYS[tonumber(a)] then return false end
    return name == 'pop' or KEYS[tonumber(c)] ~= nil
  end
  return true
end

for w = 1, writes do
  local p = at + 5 * (w - 1)
  local key = KEYS[tonumber(ARGV[p + 2])]
  if not writable(ARGV[p + 1], key, ARGV[p + 3], ARGV[p + 4], ARGV[p + 5], writes - w) then
    return redis.error_reply('HALO cannot write ' .. ARGV[p + 1])
  end
end

local results, stamp, skip = {'ok'}, nil, 0
for _ = 1, writes do
  local name, key, a, b, c = ARGV[at + 1], KEYS[tonumber(ARGV[at + 2])], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  at = at + 5
  if skip > 0 then
    skip = skip - 1
  elseif name == 'stamp' then -- counts string key up; the number stamps what follows
    stamp = string.format('%.0f', redis.call('INCR', key))
  elseif name == 'raise' then -- string key := a if it is absent or a number below a
    if tonumber(redis.call('GET', key) or '0') < tonumber(a) then redis.call('SET', key, a) end
  elseif name == 'skip' then
    -- if string key (index a) is a number below b, the series of hash key leave out c
    -- numbers: those that are there, and by field '*' those that are not
    if tonumber(redis.call('GET', KEYS[tonumber(a)]) or '0') < tonumber(b) then
      for _, series in ipairs(redis.call('HKEYS', key)) do
        if series ~= '*' and series ~= '*until' then redis.call('HINCRBY', key, series, c) end
      end
      redis.call('HINCRBY', key, '*', c)
    end
  elseif name == 'put' then -- document key := a
    redis.call('HSET', key, 'v', stamp, 'd', a)
  elseif name == 'unlink' then
    redis.call('UNLINK', key)
  elseif name == 'rpush' then
    redis.call('RPUSH', key, a)
  elseif name == 'lpush' then
    redis.call('LPUSH', key, a)
  elseif name == 'pop' or name == 'bury' then
    -- takes the head of list key; b is the lane's name, a the index of the lanes,
    -- c (bury) the index of the hash that keeps the dead
    local head = redis.call('LPOP', key)
    if redis.call('EXISTS', key) == 1 then
      redis.call('ZADD', KEYS[tonumber(a)], '0', b)
    else
      redis.call('ZREM', KEYS[tonumber(a)], b)
    end
    if name == 'bury' then
      local cut = string.find(head, '\n', 1, true)
      redis.call('HSET', KEYS[tonumber(c)], string.sub(head, 1, cut - 1), string.sub(head, cut + 1))
    end
  elseif name == 'hset' then
    redis.call('HSET', key, a, b)
  elseif name == 'hdel' then
    redis.call('HDEL', key, a)
  elseif name == 'hget' then
    results[#results + 1] = redis.call('HGET', key, a) or ''
  elseif name == 'add' then
    redis.call('HINCRBY', key, a, b)
  elseif name == 'fill' then -- sets a field that does not exist
    redis.call('HSETNX', key, a, b)
  elseif name == 'below' then -- field a := b if it exists and is a number below c
    local n = tonumber(redis.call('HGET', key, a) or '')
    if n and n < tonumber(c) then redis.call('HSET', key, a, b) end
  elseif name == 'once' then -- sets field a; if it exists, the next c writes are left out
    if redis.call('HSETNX', key, a, b) == 0 then skip = tonumber(c) end
  elseif name == 'when' then -- unless field a equals b, the next c writes are left out
    if redis.call('HGET', key, a) ~= b then skip = tonumber(c) end
  elseif name == 'zadd' then
    redis.call('ZADD', key, b, a)
  elseif name == 'zfill' then -- adds a member that does not exist
    redis.call('ZADD', key, 'NX', b, a)
  elseif name == 'zrem' then
    redis.call('ZREM', key, a)
  elseif name == 'zstamp' then
    redis.call('ZADD', key, stamp, a)
  end
end
return results
