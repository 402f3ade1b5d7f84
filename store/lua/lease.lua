-- lease: who may speak for the desk, and since which epoch.
--
-- KEYS[1] hash {owner, epoch, until}: until is in milliseconds of the server's clock
-- KEYS[2] string: the newest epoch ever given
-- ARGV    verb, owner, time to live in milliseconds, epoch
--
-- acquire: {epoch, ''} with a new epoch, or {0, owner, milliseconds left}.
--          Whoever holds the lease gets it again at once.
-- renew:   {epoch, ''} or {0, ''} when the epoch is no longer the newest.
-- release: the same; a released epoch is stale from then on.
--
-- The expiry is a value, not a Redis TTL: that works the same on every server and
-- leaves a row to look at.
--
-- Epochs follow the server's clock (microseconds, below 2^53 until the year 2255) and
-- never fall: one that was given before Redis lost its newest writes is not given again.

local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local verb, owner, ttl, epoch = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local holder = redis.call('HGET', KEYS[1], 'owner')
local expires = tonumber(redis.call('HGET', KEYS[1], 'until') or '0')

if verb == 'acquire' then
  if holder and holder ~= owner and expires > now then
    return {'0', holder, string.format('%.0f', expires - now)}
  end
  epoch = string.format('%.0f', math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, tonumber(t[1]) * 1000000 + tonumber(t[2])))
  redis.call('SET', KEYS[2], epoch)
  redis.call('HSET', KEYS[1], 'owner', owner, 'epoch', epoch, 'until', string.format('%.0f', now + ttl))
  return {epoch, ''}
end

if holder ~= owner or redis.call('GET', KEYS[2]) ~= epoch then
  return {'0', ''}
end
if verb == 'renew' then
  redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ttl))
elseif verb == 'release' then
  redis.call('INCR', KEYS[2])
  redis.call('UNLINK', KEYS[1])
else
  return redis.error_reply('HALO unknown verb ' .. verb)
end
return {epoch, ''}
