-- Raises the epoch of a partition: from here on no older writer can change anything of it (I4).
--
-- KEYS  1 control hash
-- ARGV  1 name of the new writer, for people who look
--       2 the epoch that the caller held until now, or '' if the group has just given it the partition
-- Answer  'FENCED' if the caller held an epoch and another writer has raised it since: nothing is changed;
--         else the control hash after the raise: field, value, field, value ...
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
if ARGV[2] ~= '' and epoch > tonumber(ARGV[2]) then
  return 'FENCED'
end
redis.call('HSET', KEYS[1], 'epoch', math.max(epoch, tonumber(ARGV[2]) or 0) + 1, 'owner', ARGV[1])
return redis.call('HGETALL', KEYS[1])
