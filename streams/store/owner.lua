-- Stands before each script that writes: whether the caller still owns the partition, and Redis holds what it saw.
--
-- Two writers may have one epoch: one sleeps, Redis is set back to before its take-over, and another raises the epoch
-- again. So the owner, unique to each take-over, is asked, too.
--
-- Answer  nil, or 'FENCED': another writer has taken over; 'GAP': Redis holds less than the caller has seen it hold
local function refusal(control, epoch, owner)
  local held = tonumber(redis.call('HGET', control, 'epoch') or '0')
  if held > tonumber(epoch) then return 'FENCED' end
  if held < tonumber(epoch) then return 'GAP' end
  if redis.call('HGET', control, 'owner') ~= owner then return 'FENCED' end
end

