-- Lays down arguments of a call of commit.lua that are too many, or too large, for one call. Nothing reads them but that
-- call, which checks everything.
--
-- KEYS  1 control hash   2 what is laid down (hash): argument by its number, from 1
-- ARGV  1 epoch   2 owner   3 batches before the one that they are of
--       4 number of the first argument in this call; with 1 what an earlier writer left is forgotten
--       5... arguments
-- Answer  'OK', also where that batch is written already: then nothing is laid down. A call that the network held up
--         until its batch was written must not mix what it has with that of the next one
--         'FENCED' / 'GAP' as in commit.lua: nothing is changed
local refused = refusal(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end
local batch = tonumber(redis.call('HGET', KEYS[1], 'batch') or '0')
if batch == tonumber(ARGV[3]) + 1 then return 'OK' end
if batch ~= tonumber(ARGV[3]) then return 'GAP' end
local first = tonumber(ARGV[4])
if first == 1 then redis.call('DEL', KEYS[2]) end
for place = 5, #ARGV do
  redis.call('HSET', KEYS[2], string.format('%d', first + place - 5), ARGV[place])
end
return 'OK'
