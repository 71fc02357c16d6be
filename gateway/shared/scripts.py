"""What Redis runs by itself, so that nobody comes between: `window.Window` in Lua, by Redis' own clock.

Arguments of both: the key; the amount; limit, or seconds ago; the window's seconds; its steps.
"""

from __future__ import annotations

HEAD = """
local amount, width, steps = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time, step_s = redis.call('TIME'), width / steps
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
"""

TAKE = f"""{HEAD}
local limit, place, sum, counted = tonumber(ARGV[2]), math.floor(now / step_s), 0, {{}}
local held = redis.call('HGETALL', KEYS[1])
for at = 1, #held, 2 do
  local step, much = tonumber(held[at]), tonumber(held[at + 1])
  if step < place - steps then
    redis.call('HDEL', KEYS[1], held[at])
  else
    sum = sum + much
    counted[#counted + 1] = {{step, much}}
  end
end
local excess = sum + amount - limit
if excess > 0 then
  table.sort(counted, function(a, b) return a[1] < b[1] end)
  for _, one in ipairs(counted) do
    excess = excess - one[2]
    if excess <= 0 then
      return string.format('%.6f', math.max((one[1] + steps + 1) * step_s - now, 0.001))
    end
  end
  return redis.error_reply('ERR the amount is larger than the limit')
end
redis.call('HINCRBY', KEYS[1], string.format('%d', place), amount)
redis.call('PEXPIRE', KEYS[1], math.ceil((steps + 2) * step_s * 1000))
return '0'
"""

CORRECT = f"""{HEAD}
local at = now
if amount < 0 then at = now - tonumber(ARGV[2]) end
local field = string.format('%d', math.floor(at / step_s))
if redis.call('HINCRBY', KEYS[1], field, amount) < 0 then redis.call('HSET', KEYS[1], field, 0) end
redis.call('PEXPIRE', KEYS[1], math.ceil((steps + 2) * step_s * 1000))
return '0'
"""
