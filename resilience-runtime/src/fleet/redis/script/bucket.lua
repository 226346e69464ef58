-- Token bucket: see authority/bucket.rs.
local bucket = {}
strategies.b = bucket

local function drained_at(m) return m.at + div_up(m.used, m.refill) end

local function level_at(m, at)
  if at >= drained_at(m) then return 0 end
  return m.used - m.refill * (at - m.at)
end

local function level(m) return level_at(m, now) end

local function reserve(m)
  if now >= drained_at(m) + m.reserve then return 0 end
  return m.reserve
end

local function cap(m, t)
  local kept = div_up(m.refill * max(reserve(m), life), m.price)
  return max(0, t.burst - kept)
end

function bucket.read(w)
  return { used = w[2], at = w[3], reserve = w[4], refill = w[5], price = w[6], depth = w[7], depth_at = w[8],
    low_slot = w[9], low = w[10], low_before = w[11] }
end

function bucket.write(m)
  return 'b ' .. text(m.used) .. ' ' .. text(m.at) .. ' ' .. text(m.reserve) .. ' ' .. text(m.refill) .. ' '
    .. text(m.price) .. ' ' .. text(m.depth) .. ' ' .. text(m.depth_at) .. ' ' .. text(m.low_slot) .. ' ' .. text(m.low)
    .. ' ' .. text(m.low_before)
end

local VERSION_LASTS = 30000000
local LOW_SLOT = 2000000

local function depth(t) return 2 * t.burst + 5 * t.limit end

local function bucket_at(t, at, used, kept)
  return { used = used, at = at, reserve = kept, refill = t.refill, price = t.price, depth = depth(t), depth_at = at,
    low_slot = div(at, LOW_SLOT), low = 0, low_before = 0 }
end

function bucket.with_taken(t, tokens) return bucket_at(t, now, min(tokens, t.burst + t.limit) * t.price, life) end

function bucket.new(t) return bucket_at(t, now, 0, 0) end

function bucket.lost(t, at) return bucket_at(t, at, t.burst * t.price + t.refill * ahead, life) end

-- In the units of another version of the limit.
local function in_units_of(m, t, used)
  local whole = div(used, m.price)
  local part, of = used - whole * m.price, m.price
  while of > div(4503599627370496, t.price) do part, of = div_up(part, 2), div(of, 2) end
  part = div_up(part * t.price, max(of, 1))
  local most = min(m.depth, div(4503599627370496, t.price) - 1)
  return min(min(whole, most) * t.price + part, most * t.price)
end

local function convert(m, t, promised)
  if m.refill == t.refill and m.price == t.price then return end
  local old_level, old_drained_at = in_units_of(m, t, level(m)), drained_at(m)
  local wait = min(max(0, promised - now), 4 * t.period)
  if wait > 0 then old_level = max(old_level, in_units_of(m, t, level_at(m, now + wait)) + t.refill * wait) end
  m.used, m.refill, m.price = in_units_of(m, t, m.used), t.refill, t.price
  m.low_slot, m.low, m.low_before = div(now, LOW_SLOT), 0, 0
  local new_level = level(m)
  if max(new_level, old_level) == 0 then
    m.used, m.at = 0, max(old_drained_at, drained_at(m))
  elseif new_level < old_level then
    m.used, m.at = old_level, now
  end
end

function bucket.adopt(m, t, promised)
  local own = depth(t)
  local shrinks = own < m.depth and now >= m.depth_at + VERSION_LASTS
  convert(m, t, promised)
  if own >= m.depth or shrinks then m.depth, m.depth_at = own, now end
  local deepest = (t.burst + t.limit) * t.price
  if shrinks and level(m) > deepest then m.used, m.at = deepest, now end
  local lowest, slot = level(m), div(now, LOW_SLOT)
  if slot == m.low_slot then
    m.low = min(m.low, lowest)
  else
    m.low_before = slot == m.low_slot + 1 and min(m.low, lowest) or lowest
    m.low_slot, m.low = slot, lowest
  end
end

function bucket.ready_at(m, t, tokens)
  if tokens > t.burst then return nil end
  local top = cap(m, t)
  if tokens <= top then
    return now + div_up(max(0, level(m) + tokens * m.price - top * m.price), m.refill)
  end
  return max(now, drained_at(m) + div_up((tokens - top) * m.price, m.refill))
end

function bucket.fits_by(m, t, deadline)
  local top = cap(m, t)
  local room = top * m.price + m.refill * (deadline - now)
  return min(top, div(max(0, room - level(m)), m.price))
end

function bucket.charge(m, t, tokens, start, lasts)
  local kept = max(reserve(m), lasts)
  m.used = max(level(m), m.refill * (start - now)) + tokens * m.price
  m.at, m.reserve = now, kept
end

function bucket.owe(m, t, tokens)
  local kept, used = reserve(m), level(m)
  local deepest = t.burst + t.limit
  m.used = min(used + min(tokens, deepest) * m.price, max(used, deepest * m.price))
  m.at, m.reserve = now, kept
end

function bucket.give_back(m, t, tokens)
  local used, charged_at = level(m), max(0, ends_at - life - ahead)
  local back = min(used, min(tokens, 2 * (t.burst + t.limit)) * m.price)
  if charged_at > 0 then
    local slots = m.low_slot - min(m.low_slot, div(charged_at, LOW_SLOT))
    if slots > 1 then back = 0 end
    back = min(back, m.low)
    if slots == 1 then back = min(back, m.low_before) end
  end
  if back > 0 then
    m.used, m.at = used - back, now
    m.low, m.low_before = max(0, m.low - back), max(0, m.low_before - back)
  end
end

function bucket.taken(m) return div_up(level(m), m.price) end

function bucket.rest_at(m) return drained_at(m) + m.reserve end

