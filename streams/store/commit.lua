-- Writes one batch of a partition whole or not at all: states, offsets, due times, outbox, clock (I2, I3).
-- Redis does not undo a script that fails half-way, so everything is checked before anything is written.
--
-- KEYS  1 control hash   2 due times (sorted set)   3 outbox (stream)   4 what is laid down (hash)
--       5... one hash per state written
-- ARGV  1 epoch   2 owner   3 batches before this one   4 outbox sequence before this one   5 clock
--       6 how many of the arguments that follow were laid down beforehand by stage.lua, for they are too many or too
--         large for one call: then all of them; '' for none
--       then counted groups, each preceded by the number of its items:
--         offsets  topic, next offset expected ('' for none), next offset after the batch
--         due      stay, due time (microseconds since 1970; '' to remove)
--         outbox   number of strings, then field, value, field, value ...
--       then for each key from the fifth on:
--         number of strings to set: field, value, field, value ...; number of fields to delete: field ...
-- Answer  'OK'      written
--         'DUP'     this very batch is written already (an answer was lost on its way): nothing is changed
--         'FENCED'  another writer has raised the epoch: nothing is changed
--         'GAP'     Redis holds less than the caller has seen it hold: it lost state; nothing is changed
local control, due, outbox, staged = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local items, at = ARGV, 6

local function take()
  at = at + 1
  return items[at]
end

-- unpack() puts its items on Lua's stack, which holds 8,000.
local function write(command, key, first, last)
  for from = first, last, 4000 do
    redis.call(command, key, unpack(items, from, math.min(from + 3999, last)))
  end
end

-- Whether all of them are there.
local function read_staged(count)
  items, at = {}, 0
  for place = 1, count do
    local item = redis.call('HGET', staged, string.format('%d', place))
    if not item then return false end
    items[place] = item
  end
  return true
end

local refused = refusal(control, ARGV[1], ARGV[2])
if refused then return refused end
local batch = tonumber(redis.call('HGET', control, 'batch') or '0')
if batch == tonumber(ARGV[3]) + 1 then
  redis.call('DEL', staged)
  return 'DUP'
end
if batch ~= tonumber(ARGV[3]) then return 'GAP' end
local sequence = tonumber(redis.call('HGET', control, 'sequence') or '0')
if sequence ~= tonumber(ARGV[4]) then return 'GAP' end

if ARGV[6] ~= '' and not read_staged(tonumber(ARGV[6])) then return 'GAP' end
local offsets = {}
for _ = 1, tonumber(take()) do
  local field, expected, after = 'next:' .. take(), take(), take()
  if (redis.call('HGET', control, field) or '') ~= expected then return 'GAP' end
  offsets[#offsets + 1] = field
  offsets[#offsets + 1] = after
end

if #offsets > 0 then redis.call('HSET', control, unpack(offsets)) end
for _ = 1, tonumber(take()) do
  local stay, time = take(), take()
  if time == '' then redis.call('ZREM', due, stay) else redis.call('ZADD', due, time, stay) end
end
for _ = 1, tonumber(take()) do
  sequence = sequence + 1
  local strings = tonumber(take())
  redis.call('XADD', outbox, string.format('%d-0', sequence), unpack(items, at + 1, at + strings))
  at = at + strings
end
for key = 5, #KEYS do
  local set = tonumber(take())
  write('HSET', KEYS[key], at + 1, at + set)
  at = at + set
  local deleted = tonumber(take())
  write('HDEL', KEYS[key], at + 1, at + deleted)
  at = at + deleted
end
if ARGV[6] ~= '' then redis.call('DEL', staged) end
redis.call('HSET', control, 'batch', batch + 1, 'sequence', string.format('%d', sequence), 'clock', ARGV[5])
return 'OK'
