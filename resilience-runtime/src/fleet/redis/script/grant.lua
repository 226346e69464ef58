-- What is known.
local fields = { 'v', 's', 'r', 'a', holder_field }
for i = 1, n do fields[5 + i] = terms[i].field end
local known = redis.call('HMGET', key, unpack(fields))
if known[1] and known[1] ~= FORMAT then
  return redis.error_reply('FORMAT of a shared limit is ' .. known[1] .. ', and this version knows ' .. FORMAT)
end
local state = known[1] and numbers(known[2])
local lost_at = nil
if state and ((run ~= '' and known[3] and known[3] ~= run) or state[1] > now + MAX_STEP_BACK) then
  lost_at = now
  redis.call('DEL', key)
  state = nil
elseif not state and missing_ago >= 0 then
  lost_at = max(0, now - missing_ago)
end

local meters = {}
local presence, holder
if state then
  now = max(now, state[1])
  presence = numbers(known[4])
  holder = known[5] and numbers(known[5])
  for i = 1, n do
    local t, words = terms[i], known[5 + i] and numbers(known[5 + i])
    local ours = strategies[t.strategy]
    if not words then
      meters[i] = ours.new(t)
    elseif words[1] == t.strategy then
      meters[i] = ours.read(words)
      ours.adopt(meters[i], t, state[4])
    else
      local other = strategies[words[1]]
      local old = other.read(words)
      local taken = other.taken(old)
      if other == sliding then drop_before(old, t, old.tail + 1) end
      meters[i] = ours.with_taken(t, taken)
    end
  end
  for i = n + 1, state[5] do
    local words = numbers(redis.call('HGET', key, 'm' .. i))
    if words[1] == 'w' then
      local old = sliding.read(words)
      drop_before(old, { slots = 'w' .. i .. ':' }, old.tail + 1)
    end
    redis.call('HDEL', key, 'm' .. i)
  end
else
  state = { now, now, 0, 0, n }
  presence = { 0, 0, 0, 0, 0, now }
  for i = 1, n do
    local ours = strategies[terms[i].strategy]
    if lost_at then meters[i] = ours.lost(terms[i], lost_at) else meters[i] = ours.new(terms[i]) end
  end
end
local epoch, cooling, promised = state[2], state[3], state[4]

-- Who has asked lately: see authority/presence.rs.
local slot = div(now, SLOT)
if slot > presence[1] then
  if slot == presence[1] + 1 then
    presence[4], presence[5] = presence[2], presence[3]
  else
    presence[4], presence[5] = 0, 0
  end
  presence[1], presence[2], presence[3] = slot, 0, 0
end
if now >= presence[6] + REMEMBERED then
  local function is_gone(words) return now >= (words[1] + 1) * SLOT + REMEMBERED end
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 1) == 'h' and is_gone(numbers(all[i + 1])) then redis.call('HDEL', key, all[i]) end
  end
  if holder and is_gone(holder) then holder = nil end
  presence[6] = now
end
holder = holder or { 0, 0, 0 }
if holder[1] == slot then
  presence[3] = presence[3] - holder[2]
else
  presence[2] = presence[2] + 1
end
presence[3] = presence[3] + demand
holder[1], holder[2] = slot, demand
local holders = max(presence[2], presence[4], 1)

local function part(tokens)
  local weight = div(demand * 65536, max(presence[3], presence[5], demand))
  return max(div(tokens, holders), div(tokens * weight, 65536))
end

-- What was used otherwise than it was charged, once.
local number = tonumber(ARGV[9])
if number > holder[3] then
  holder[3] = number
  local same = ARGV[10] == text(epoch)
  for i = 1, n do
    local t, m = terms[i], meters[i]
    local ours = strategies[t.strategy]
    if t.used > 0 then
      local tokens = t.used
      if ours ~= bucket then tokens = min(tokens, max(0, MAX_WINDOW_DEBT - ours.taken(m))) end
      if tokens > 0 then ours.owe(m, t, tokens) end
    elseif t.used < 0 and same then
      if ours == sliding and ends_at > 0 then
        sliding.uncharge(m, t, -t.used, ends_at)
      else
        ours.give_back(m, t, -t.used)
      end
    end
  end
end
if cooldown > 0 then cooling = max(cooling, now + cooldown) end

-- When all limits have so many tokens.
local function start_of(tokens)
  local start = max(now, promised)
  for i = 1, n do
    if tokens[i] > 0 then
      local ready = strategies[terms[i].strategy].ready_at(meters[i], terms[i], tokens[i])
      if not ready then return nil end
      start = max(start, ready)
    end
  end
  return start
end

local granted = {}
for i = 1, n do granted[i] = 0 end
local starts_in, lasts, dies_at, retry_after = 0, 0, 0, -1

local function grant()
  if cooling > now then
    retry_after = cooling - now
    return
  end
  local least = {}
  for i = 1, n do least[i] = terms[i].least end
  local earliest = start_of(least)
  if not earliest then return end
  local deadline = earliest == now and now or now + ahead
  if earliest > deadline then
    retry_after = earliest - now
    return
  end
  local start = earliest
  lasts = life
  local tokens = least
  if life > 0 then
    tokens = {}
    for i = 1, n do
      local t, m = terms[i], meters[i]
      local ours = strategies[t.strategy]
      local there = ours.fits_by(m, t, now)
      local fitting = deadline == now and there or ours.fits_by(m, t, deadline)
      tokens[i] = max(min(t.wanted, part(max(t.per_life, there)), fitting), t.least)
      if ours == fixed then lasts = min(lasts, window_end(t, now) - now) end
    end
    -- The same part of what is wanted of each limit, because a call needs some of all.
    local least_part = PART
    for i = 1, n do
      local wanted = terms[i].wanted
      if wanted > 0 then least_part = min(least_part, div(tokens[i] * PART, wanted)) end
    end
    for i = 1, n do
      tokens[i] = min(tokens[i], max(terms[i].least, div_up(terms[i].wanted * least_part, PART)))
    end
    start = start_of(tokens) or deadline
  end
  for i = 1, n do
    if tokens[i] > 0 then strategies[terms[i].strategy].charge(meters[i], terms[i], tokens[i], start, lasts) end
  end
  promised = start
  granted, starts_in, dies_at = tokens, start - now, start + lasts
end
grant()

-- Remembers it until nothing is left to remember.
local rest_at = max(now + REMEMBERED, cooling, promised)
local pairs_to_set = {
  'v', FORMAT,
  's', text(now) .. ' ' .. text(epoch) .. ' ' .. text(cooling) .. ' ' .. text(promised) .. ' ' .. n,
  'a', text(presence[1]) .. ' ' .. presence[2] .. ' ' .. text(presence[3]) .. ' ' .. presence[4] .. ' '
    .. text(presence[5]) .. ' ' .. text(presence[6]),
  holder_field, text(holder[1]) .. ' ' .. text(holder[2]) .. ' ' .. text(holder[3]),
}
if run ~= '' then
  pairs_to_set[#pairs_to_set + 1] = 'r'
  pairs_to_set[#pairs_to_set + 1] = run
end
for i = 1, n do
  local ours = strategies[terms[i].strategy]
  rest_at = max(rest_at, ours.rest_at(meters[i]))
  pairs_to_set[#pairs_to_set + 1] = terms[i].field
  pairs_to_set[#pairs_to_set + 1] = ours.write(meters[i])
end
redis.call('HSET', key, unpack(pairs_to_set))
redis.call('PEXPIRE', key, text(div_up(rest_at - server_now, 1000) + 1))

local answer = { starts_in, lasts, dies_at, retry_after, max(0, cooling - now), holders, epoch }
for i = 1, n do answer[7 + i] = granted[i] end
return answer
