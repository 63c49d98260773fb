// Lua, because Redis runs a script as one command. Nothing happens between its lines.

/** KEYS: entry, lease. ARGV: token, lease in ms. Returns found, the entry and how many ms it lives; or leased: it is yours; or busy. */
export const getOrLease = `
local kept = redis.call('GET', KEYS[1])
if kept then return { 'found', kept, redis.call('PTTL', KEYS[1]) } end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return { 'leased' } end
return { 'busy' }`;

/** KEYS: entry, lease. ARGV: token, value, time to live in ms. Does nothing if the lease is no longer yours. */
export const commitIfLeased = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1`;
