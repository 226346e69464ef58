-- Fixed window: see authority/fixed.rs.
local fixed = {}
strategies.f = fixed

local function window_end(t, at) return (div(at, t.period) + 1) * t.period end

function fixed.read(w) return { till = w[2], used = w[3] } end

function fixed.write(m) return 'f ' .. text(m.till) .. ' ' .. text(m.used) end

function fixed.with_taken(t, tokens) return { till = window_end(t, now), used = tokens } end

function fixed.new(t) return fixed.with_taken(t, 0) end

function fixed.lost(t, at) return { till = window_end(t, at), used = t.limit } end

function fixed.adopt(m, t)
  if now >= m.till then m.used = 0 end
  m.till = max(m.till, window_end(t, now))
end

function fixed.ready_at(m, t, tokens)
  if tokens > t.limit then return nil end
  if m.used + tokens <= t.limit then return now end
  return m.till
end

function fixed.fits_by(m, t) return max(0, t.limit - m.used) end

function fixed.charge(m, t, tokens) m.used = m.used + tokens end

fixed.owe = fixed.charge

function fixed.give_back(m, t, tokens)
  if ends_at == 0 or ends_at + t.period > m.till then m.used = max(0, m.used - tokens) end
end

function fixed.taken(m)
  if now >= m.till then return 0 end
  return m.used
end

function fixed.rest_at(m) return m.till end

