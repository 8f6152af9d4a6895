-- Lays down arguments of a call of commit.lua that are too many, or too large, for one call. Nothing reads them but that
-- call, which checks everything.
--
-- KEYS  1 control hash   2 what is laid down (hash): argument by its number, from 1
-- ARGV  1 epoch   2 number of the first argument in this call; with 1 what an earlier writer left is forgotten
--       3... arguments
-- Answer  'OK', or 'FENCED' / 'GAP' as in commit.lua: nothing is changed
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
if epoch > tonumber(ARGV[1]) then return 'FENCED' end
if epoch < tonumber(ARGV[1]) then return 'GAP' end
local first = tonumber(ARGV[2])
if first == 1 then redis.call('DEL', KEYS[2]) end
for place = 3, #ARGV do
  redis.call('HSET', KEYS[2], string.format('%d', first + place - 3), ARGV[place])
end
return 'OK'
