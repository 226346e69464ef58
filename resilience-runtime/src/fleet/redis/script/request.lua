-- Decides one request for tokens, as fleet/authority does: a test compares the two. This file is the first part of the script:
-- the request, and what the strategies share; then come bucket.lua, sliding.lua, fixed.lua and grant.lua. All numbers are whole microseconds, units
-- and tokens below 2^53, which doubles hold exactly.
--
-- KEYS[1]: a hash. Its fields:
--   v  the format                     s  now, epoch, cooldown, promised, how many limits
--   r  the server's run_id            a  slot, holders, demand, holders before, demand before, swept at
--   m<i>  one limit: `b` used at reserve refill price depth, and its time | `w` sum head tail grid keep keep_at | `f` end used
--   w<i>:<slot>  what ends in a slot of a sliding window
--   h<holder>  slot, demand, last settlement
-- ARGV: clock (`-`: the server's), run_id (empty: unknown, `?`: look here), how long ago a hash could have been lost (-1: never),
--   holder, demand, life, ahead, cooldown, number, epoch and end of the settlement, how many limits; and for each of them strategy,
--   limit, period, burst, refill, price, tokens in a life, least, wanted, used.
-- Returns: starts in, life, its end, retry after (-1: never), cooldown, holders, epoch, granted of each limit.

local FORMAT = '1'
local MAX_STEP_BACK = 60000000
local MAX_WINDOW_DEBT = 1099511627776
local SLOT = 2000000
local REMEMBERED = 120000000
local PART = 1048576

local key = KEYS[1]
local max, min, floor = math.max, math.min, math.floor

-- Exact where the quotient of doubles is rounded up to a whole number.
local function div(a, b)
  local q = floor(a / b)
  if q * b > a then q = q - 1 end
  return q
end

local function div_up(a, b)
  local q = div(a, b)
  if q * b < a then q = q + 1 end
  return q
end

local function text(number) return string.format('%.0f', number) end

local function numbers(words)
  local list = {}
  for word in string.gmatch(words, '%S+') do list[#list + 1] = tonumber(word) or word end
  return list
end

-- The request.
local ends_at = tonumber(ARGV[11])
local n = tonumber(ARGV[12])
local run = ARGV[2]
if run == '?' then
  local info = redis.pcall('INFO', 'server')
  run = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
end
local missing_ago = tonumber(ARGV[3])
local holder_field = 'h' .. ARGV[4]
local demand, life, ahead, cooldown = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local terms = {}
for i = 1, n do
  local at = 12 + (i - 1) * 10
  terms[i] = {
    strategy = ARGV[at + 1], limit = tonumber(ARGV[at + 2]), period = tonumber(ARGV[at + 3]),
    burst = tonumber(ARGV[at + 4]), refill = tonumber(ARGV[at + 5]), price = tonumber(ARGV[at + 6]),
    per_life = tonumber(ARGV[at + 7]), least = tonumber(ARGV[at + 8]), wanted = tonumber(ARGV[at + 9]),
    used = tonumber(ARGV[at + 10]), field = 'm' .. i, slots = 'w' .. i .. ':',
  }
end

local now
if ARGV[1] == '-' then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
else
  now = tonumber(ARGV[1])
end

local server_now = now

-- The slots of a sliding window, in order; `each` returns true to stop, mostly soon.
local function scan(t, from, to, each)
  local size = 4
  while from <= to do
    local last = min(to, from + size - 1)
    size = min(4 * size, 64)
    local fields = {}
    for slot = from, last do fields[#fields + 1] = t.slots .. text(slot) end
    local counts = redis.call('HMGET', key, unpack(fields))
    for i = 1, #fields do
      if counts[i] and each(from + i - 1, tonumber(counts[i]), fields[i]) then return end
    end
    from = last + 1
  end
end

local strategies = {}

