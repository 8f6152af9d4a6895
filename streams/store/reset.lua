-- Begins or ends the rebuilding of a partition's state from Kafka. As long as it has not ended, whoever takes the
-- partition over begins it again, and nothing of its outbox has been published.
--
-- KEYS  1 control hash   2 due times   3 outbox
-- ARGV  1 epoch   2 'begin' or 'end'   3 begin: the outbox sequence that stands on the output topics
--                                       end: the batches written since it began; of a Redis that was set back some are
--                                       gone, and the state is not whole
-- Answer  'OK', or 'FENCED' / 'GAP' as in commit.lua: nothing is changed
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
if epoch > tonumber(ARGV[1]) then return 'FENCED' end
if epoch < tonumber(ARGV[1]) then return 'GAP' end
if ARGV[2] == 'end' then
  if tonumber(redis.call('HGET', KEYS[1], 'batch') or '0') ~= tonumber(ARGV[3]) then return 'GAP' end
  if not redis.call('HGET', KEYS[1], 'rebuilding') then return 'GAP' end
  redis.call('HDEL', KEYS[1], 'rebuilding')
  return 'OK'
end
local owner = redis.call('HGET', KEYS[1], 'owner') or ''
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'epoch', string.format('%d', epoch), 'owner', owner, 'sequence', ARGV[3], 'rebuilding', 1)
return 'OK'
