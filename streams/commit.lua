-- Writes one batch of a partition whole or not at all: states, offsets, due times, outbox, clock (I2, I3).
-- Redis does not undo a script that fails half-way, so everything is checked before anything is written.
--
-- KEYS  1 control hash   2 due times (sorted set)   3 outbox (stream)   4... one hash per state written
-- ARGV  1 epoch   2 batches before this one   3 outbox sequence before this one   4 clock
--       then counted groups, each preceded by the number of its items:
--         offsets  topic, next offset expected ('' for none), next offset after the batch
--         due      stay, due time (microseconds since 1970; '' to remove)
--         outbox   number of strings, then field, value, field, value ...
--       then for each key from the fourth on:
--         number of strings to set: field, value, field, value ...; number of fields to delete: field ...
-- Answer  'OK'      written
--         'DUP'     this very batch is written already (an answer was lost on its way): nothing is changed
--         'FENCED'  another writer has raised the epoch: nothing is changed
--         'GAP'     Redis holds less than the caller has seen it hold: it lost state; nothing is changed
local control, due, outbox = KEYS[1], KEYS[2], KEYS[3]
local at = 4

local function take()
  at = at + 1
  return ARGV[at]
end

-- unpack() puts its items on Lua's stack, which holds 8,000.
local function write(command, key, first, last)
  for from = first, last, 4000 do
    redis.call(command, key, unpack(ARGV, from, math.min(from + 3999, last)))
  end
end

local epoch = tonumber(redis.call('HGET', control, 'epoch') or '0')
if epoch > tonumber(ARGV[1]) then return 'FENCED' end
if epoch < tonumber(ARGV[1]) then return 'GAP' end
local batch = tonumber(redis.call('HGET', control, 'batch') or '0')
if batch == tonumber(ARGV[2]) + 1 then return 'DUP' end
if batch ~= tonumber(ARGV[2]) then return 'GAP' end
local sequence = tonumber(redis.call('HGET', control, 'sequence') or '0')
if sequence ~= tonumber(ARGV[3]) then return 'GAP' end

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
  redis.call('XADD', outbox, string.format('%d-0', sequence), unpack(ARGV, at + 1, at + strings))
  at = at + strings
end
for key = 4, #KEYS do
  local set = tonumber(take())
  write('HSET', KEYS[key], at + 1, at + set)
  at = at + set
  local deleted = tonumber(take())
  write('HDEL', KEYS[key], at + 1, at + deleted)
  at = at + deleted
end
redis.call('HSET', control, 'batch', batch + 1, 'sequence', string.format('%d', sequence), 'clock', ARGV[4])
return 'OK'
