-- next: a number of a series, none of them ever twice.
--
-- KEYS[1] hash: the last number given of each series. '*' is the number after which a
--         series begins that is not there yet, as long as the time is before '*until'.
-- ARGV    series, desk time in milliseconds
--
-- Returns {number}.

local series = ARGV[1]
if redis.call('HEXISTS', KEYS[1], series) == 0 then
  local late = tonumber(redis.call('HGET', KEYS[1], '*until') or '0')
  if tonumber(ARGV[2]) < late then
    redis.call('HSET', KEYS[1], series, redis.call('HGET', KEYS[1], '*') or '0')
  end
end
return {string.format('%.0f', redis.call('HINCRBY', KEYS[1], series, 1))}
