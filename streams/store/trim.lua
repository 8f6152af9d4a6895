-- Takes out of the outbox what Kafka has acknowledged, and notes how far the topics are known to hold it.
--
-- KEYS  1 control hash   2 outbox (stream)
-- ARGV  1 epoch   2 owner   3 last sequence acknowledged
--       4... field, value, field, value ...: 'sent:<topic>:<partition>' and the offset after our last record there,
--            where a take-over begins to read
-- Answer  'OK', or 'FENCED' / 'GAP' as in commit.lua: nothing is changed
--
-- A Redis that was set back within one epoch holds less than what was acknowledged. Were that noted as known, no take-over
-- would look for it on the topics, and it would be made, and published, a second time.
local refused = refusal(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end
if tonumber(redis.call('HGET', KEYS[1], 'sequence') or '0') < tonumber(ARGV[3]) then return 'GAP' end
if #ARGV > 3 then redis.call('HSET', KEYS[1], unpack(ARGV, 4)) end
redis.call('XTRIM', KEYS[2], 'MINID', '=', string.format('%d-0', tonumber(ARGV[3]) + 1))
return 'OK'
