// The Lua that runs in Redis: each is one atomic step on one queue, or a pop over several. Sent as
// text with every call: Redis keeps it compiled by its hash, and no call depends on what it
// remembers.
//
// Two keys make a queue (redis_keys.h): the ZSET `q` of what waits and the HASH `at` of where it
// stands. The ZSET is the truth. An attempt whose place in `at` isn't in `q` is not queued:
// BZPOPMIN, or a person, takes from `q` alone. So what is wrong in `at` heals when the attempt is
// pushed, and all of `at` goes whenever `q` is empty.
#pragma once

namespace gale::redis_scripts {

// Puts in what isn't there yet, behind all that has the same score.
// KEYS: q, at. ARGV: attempt, score, attempt, score ... Returns how many were put in.
inline constexpr char kPush[] = R"(
if redis.call('EXISTS', KEYS[1]) == 0 and redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('DEL', KEYS[2])
end
local attempts, scores, known = {}, {}, {}
for i = 1, #ARGV, 2 do
  if not known[ARGV[i]] then
    known[ARGV[i]] = true
    attempts[#attempts + 1] = ARGV[i]
    scores[#attempts] = ARGV[i + 1]
  end
end
local places = redis.call('HMGET', KEYS[2], unpack(attempts))
local last = tonumber(redis.call('HGET', KEYS[2], 'next') or 0)
local put, noted = {}, {'next', 0}
for i, attempt in ipairs(attempts) do
  if not places[i] or not redis.call('ZSCORE', KEYS[1], places[i] .. ':' .. attempt) then
    last = last + 1
    local place = string.format('%015d', last)
    put[#put + 1] = scores[i]
    put[#put + 1] = place .. ':' .. attempt
    noted[#noted + 1] = attempt
    noted[#noted + 1] = place
  end
end
if #put > 0 then
  noted[2] = string.format('%d', last)
  redis.call('HSET', KEYS[2], unpack(noted))
  redis.call('ZADD', KEYS[1], unpack(put))
end
return #put / 2)";

// Takes out up to ARGV[1], from the first queue that has any, then the next.
// KEYS: q, at, q, at ... ARGV: the most to take. Returns the attempts in order.
inline constexpr char kPop[] = R"(
local taken = {}
for i = 1, #KEYS, 2 do
  local room = tonumber(ARGV[1]) - #taken
  if room <= 0 then break end
  local popped = redis.call('ZPOPMIN', KEYS[i], room)
  local attempts = {}
  for j = 1, #popped, 2 do
    local attempt = popped[j]
    if string.byte(attempt, 16) == 58 then attempt = string.sub(attempt, 17) end  -- after '<sequence>:'
    attempts[#attempts + 1] = attempt
    taken[#taken + 1] = attempt
  end
  if #attempts > 0 then
    if #attempts < room then
      redis.call('DEL', KEYS[i + 1])
    else
      redis.call('HDEL', KEYS[i + 1], unpack(attempts))
    end
  end
end
return taken)";

// Forgets where ARGV[1] stood, once BZPOPMIN took ARGV[2] .. ':' .. ARGV[1] out, unless it was
// pushed again since. KEYS: at. Returns 1 or 0.
inline constexpr char kForget[] = R"(
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0)";

// Takes these out. KEYS: q, at. ARGV: attempts. Returns how many were there.
inline constexpr char kRemove[] = R"(
local removed = 0
for i = 1, #ARGV do
  local place = redis.call('HGET', KEYS[2], ARGV[i])
  if place then
    removed = removed + redis.call('ZREM', KEYS[1], place .. ':' .. ARGV[i])
    redis.call('HDEL', KEYS[2], ARGV[i])
  end
end
return removed)";

// Which of these don't wait. KEYS: q, at. ARGV: attempts. Returns their numbers in ARGV, from 1.
inline constexpr char kMissing[] = R"(
local missing = {}
local places = redis.call('HMGET', KEYS[2], unpack(ARGV))
for i = 1, #ARGV do
  if not places[i] or not redis.call('ZSCORE', KEYS[1], places[i] .. ':' .. ARGV[i]) then
    missing[#missing + 1] = i
  end
end
return missing)";

// Lua's unpack takes some thousands; and a script holds up everybody else while it runs.
inline constexpr unsigned kEntriesPerScript = 128;
inline constexpr unsigned kPopMax = 512;

}  // namespace gale::redis_scripts
