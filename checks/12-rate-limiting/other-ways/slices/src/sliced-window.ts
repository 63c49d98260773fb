import type { Redis } from 'ioredis';

const slices = 10;

/**
 * KEYS: a hash of counts by slice. ARGV: limit, slice in ms, how many slices. Returns whether it passed, how many have passed, in
 * how many ms the oldest slice is out of the window, and the slice that was counted.
 * The oldest slice is counted until the whole of it is out, so this refuses for a slice too long and never lets too many pass.
 */
const take = `
local limit, length, slices = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local slice = math.floor(now / length)
local used, oldest = 0, slice
local counts = redis.call('HGETALL', KEYS[1])
for i = 1, #counts, 2 do
  local of, count = tonumber(counts[i]), tonumber(counts[i + 1])
  if of < slice - slices or count < 1 then
    redis.call('HDEL', KEYS[1], counts[i])
  else
    used = used + count
    if of < oldest then oldest = of end
  end
end
local passed = 0
if used < limit then
  passed, used = 1, used + 1
  redis.call('HINCRBY', KEYS[1], string.format('%.0f', slice), 1)
  redis.call('PEXPIRE', KEYS[1], length * (slices + 1))
end
return { passed, used, (oldest + slices + 1) * length - now, string.format('%.0f', slice) }`;

/** KEYS: the same. ARGV: the slice. A hash that has ended meanwhile would begin anew, and never end. */
const giveBack = `
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBY', KEYS[1], ARGV[1], -1) end`;

export interface Decision {
  passed: boolean;
  left: number;
  freeInMs: number;
  /** For whoever takes it back. */
  slice: string;
}

/** Redis is away, so nobody knows how many have passed. */
export class UncountedError extends Error {}

export class SlicedWindow {
  readonly limit: number;
  readonly windowS: number;
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string, limit: number, windowS: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.limit = limit;
    this.windowS = windowS;
  }

  async take(client: string): Promise<Decision> {
    const sliceMs = Math.ceil((this.windowS * 1_000) / slices);
    try {
      const reply = await this.#redis.eval(take, 1, this.#prefix + client, this.limit, sliceMs, slices);
      const [passed, used, freeInMs, slice] = reply as [number, number, number, string];
      return { passed: passed === 1, left: this.limit - used, freeInMs, slice };
    } catch (error) {
      throw new UncountedError('Redis does not count', { cause: error });
    }
  }

  async giveBack(client: string, { slice }: Decision): Promise<void> {
    await this.#redis.eval(giveBack, 1, this.#prefix + client, slice);
  }
}
