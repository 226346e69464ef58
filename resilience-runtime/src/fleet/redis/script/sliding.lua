-- Sliding window: see authority/sliding.rs. The slots from `head` to `tail` may be there.
local sliding = {}
strategies.w = sliding

local function grid_of(period)
  local most, grid = div(period, 128), 1
  while grid * 2 <= most do grid = grid * 2 end
  return grid
end

local function first_live(m, period, at) return div(max(0, at - period), m.grid) end

local function add(m, t, slot, tokens)
  if m.sum == 0 then
    m.head, m.tail = slot, slot
  else
    m.head, m.tail = min(m.head, slot), max(m.tail, slot)
  end
  m.sum = m.sum + tokens
  redis.call('HINCRBY', key, t.slots .. text(slot), text(tokens))
end

function sliding.read(w) return { sum = w[2], head = w[3], tail = w[4], grid = w[5], keep = w[6], keep_at = w[7] } end

function sliding.write(m)
  return 'w ' .. text(m.sum) .. ' ' .. text(m.head) .. ' ' .. text(m.tail) .. ' ' .. text(m.grid) .. ' '
    .. text(m.keep) .. ' ' .. text(m.keep_at)
end

local function sliding_at(t, tokens, lasts, at)
  local m = { sum = 0, head = 0, tail = 0, grid = grid_of(t.period), keep = t.period, keep_at = at }
  if tokens > 0 then add(m, t, div(at + lasts, m.grid), tokens) end
  return m
end

function sliding.new(t) return sliding_at(t, 0, 0, now) end

function sliding.with_taken(t, tokens) return sliding_at(t, tokens, life, now) end

function sliding.lost(t, at) return sliding_at(t, t.limit, life, at + ahead) end

-- Forgets what is before a slot.
local function drop_before(m, t, first)
  if m.sum == 0 or first <= m.head then return end
  local gone = {}
  scan(t, m.head, min(m.tail, first - 1), function(_, count, field)
    m.sum = m.sum - count
    gone[#gone + 1] = field
  end)
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
  m.head = first
end

function sliding.adopt(m, t)
  if t.period >= m.keep or now >= m.keep_at + m.keep then
    m.keep, m.keep_at = t.period, now
    local grid = grid_of(t.period)
    if grid ~= m.grid then
      local old, moved = m.grid, {}
      scan(t, m.head, m.tail, function(slot, count, field)
        moved[#moved + 1] = { div_up((slot + 1) * old, grid) - 1, count }
        redis.call('HDEL', key, field)
      end)
      m.grid, m.sum = grid, 0
      for _, slot in ipairs(moved) do add(m, t, slot[1], slot[2]) end
    end
  end
  drop_before(m, t, first_live(m, m.keep, now))
end

function sliding.ready_at(m, t, tokens)
  if tokens > t.limit then return nil end
  local above, ready = m.sum + tokens - t.limit, now
  if above > 0 and m.sum > 0 then
    local first = true
    scan(t, m.head, m.tail, function(slot, count)
      -- Nothing was before it: not looked at again.
      if first then m.head, first = slot, false end
      above = above - count
      ready = max(ready, (slot + 1) * m.grid + t.period)
      return above <= 0
    end)
  end
  return ready
end

function sliding.fits_by(m, t, deadline)
  local live = m.sum
  if m.sum > 0 then
    scan(t, m.head, min(m.tail, first_live(m, t.period, deadline) - 1), function(_, count) live = live - count end)
  end
  return max(0, t.limit - live)
end

function sliding.charge(m, t, tokens, start, lasts) add(m, t, div(start + lasts, m.grid), tokens) end

function sliding.owe(m, t, tokens) add(m, t, div(now, m.grid), tokens) end

function sliding.uncharge(m, t, tokens, ends_at)
  local slot = div(ends_at, m.grid)
  if m.sum == 0 or slot < m.head or slot > m.tail then return end
  local field = t.slots .. text(slot)
  local count = tonumber(redis.call('HGET', key, field) or 0)
  local back = min(tokens, count)
  m.sum = m.sum - back
  if back == count then redis.call('HDEL', key, field) else redis.call('HINCRBY', key, field, text(-back)) end
end

function sliding.give_back(m, t, tokens)
  if m.sum == 0 then return end
  scan(t, m.head, m.tail, function(slot, count, field)
    local back = min(tokens, count)
    tokens, m.sum = tokens - back, m.sum - back
    if back == count then
      redis.call('HDEL', key, field)
      m.head = slot + 1
    else
      redis.call('HINCRBY', key, field, text(-back))
    end
    return tokens == 0
  end)
end

function sliding.taken(m) return m.sum end

function sliding.rest_at(m)
  if m.sum == 0 then return now end
  return (m.tail + 1) * m.grid + m.keep
end

