-- Raises the epoch of a partition: from here on no older writer can change anything of it (I4).
--
-- KEYS  1 control hash
-- ARGV  1 the new owner: name of the writer, for people who look, and what is unique to this take-over
--       2 the epoch that the caller held until now, or '' if the group has just given it the partition
--       3 the owner that it was then
-- Answer  'FENCED' if the caller held an epoch and another writer has taken over since: nothing is changed;
--         else the control hash after the raise: field, value, field, value ...
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner == ARGV[1] then return redis.call('HGETALL', KEYS[1]) end -- sent again: the answer was lost on its way
if ARGV[2] ~= '' then
  local held = tonumber(ARGV[2])
  if epoch > held or (epoch == held and owner ~= ARGV[3]) then return 'FENCED' end
  epoch = held
end
redis.call('HSET', KEYS[1], 'epoch', string.format('%d', epoch + 1), 'owner', ARGV[1])
return redis.call('HGETALL', KEYS[1])
