// Lua, because Redis runs a script as one command. Nothing happens between its lines.

/** KEYS: entry, lease, mark of a write. ARGV: token, lease in ms. Returns the entry; or 1: you have the lease; or 0: somebody else has it. */
export const getOrLease = `
local kept = redis.call('GET', KEYS[1])
if kept and redis.call('EXISTS', KEYS[3]) == 0 then return kept end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0`;

/** KEYS: entry, lease, mark of a write. ARGV: token, JSON, time to live in ms. Returns 0 if the lease is no longer yours; then nothing was kept. */
export const commitIfLeased = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2], KEYS[3])
return 1`;

/** KEYS: lease. ARGV: token, lease in ms. Returns 0 if the lease is no longer yours. */
export const renewIfLeased = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS: entry or lease. ARGV: the value it must have to be deleted. */
export const deleteIfEqual = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;
