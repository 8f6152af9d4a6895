-- Begins or ends the rebuilding of a partition's state from Kafka. As long as it has not ended, whoever takes the
-- partition over begins it again, and nothing of its outbox has been published.
--
-- KEYS  1 control hash   2 due times   3 outbox
-- ARGV  1 epoch   2 owner   3 'begin' or 'end'
--       4 begin: the outbox sequence that stands on the output topics
--         end: the batches written since it began; of a Redis that was set back some are gone, and the state is not whole
-- Answer  'OK', or 'FENCED' / 'GAP' as in commit.lua: nothing is changed
--
-- `rebuilding` holds the epoch: a Redis that was set back to before the beginning may hold what an earlier owner had
-- rebuilt by half, and that is not what this one has read.
local refused = refusal(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end
if ARGV[3] == 'end' then
  if tonumber(redis.call('HGET', KEYS[1], 'batch') or '0') ~= tonumber(ARGV[4]) then return 'GAP' end
  if redis.call('HGET', KEYS[1], 'rebuilding') ~= ARGV[1] then return 'GAP' end
  redis.call('HDEL', KEYS[1], 'rebuilding')
  return 'OK'
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'owner', ARGV[2], 'sequence', ARGV[4], 'rebuilding', ARGV[1])
return 'OK'
