-- Forgets states of a partition whose rebuilding has begun, as long as nothing of it is written: a writer that slept on
-- its way through them must not take away what another has rebuilt (I4).
--
-- KEYS  1 control hash   2... what is forgotten, 8,000 at most
-- ARGV  1 epoch   2 owner
-- Answer  'OK', or 'FENCED' / 'GAP' as in commit.lua: nothing is changed
local refused = refusal(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end
if redis.call('HGET', KEYS[1], 'rebuilding') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'batch') then return 'GAP' end
redis.call('UNLINK', unpack(KEYS, 2))
return 'OK'
