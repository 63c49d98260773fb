import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';

const stream = 'jobs';
const group = 'workers';
const laterKey = 'jobs:later';
const lookEveryMs = 100;

export interface Job {
  entry: string;
  order: string;
  attempt: number;
}

/** Jobs in a stream with a consumer group: an entry belongs to a consumer until it is acknowledged. */
export class Jobs {
  readonly #redis: Redis;
  readonly #consumer = randomUUID();

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async prepare(): Promise<void> {
    await this.#redis.xgroup('CREATE', stream, group, '$', 'MKSTREAM').catch((error: Error) => {
      if (!error.message.startsWith('BUSYGROUP')) throw error;
    });
  }

  /** One that was left behind by a worker that is gone, or else a new one. */
  async take(lockMs: number): Promise<Job | undefined> {
    const [, [left]] = (await this.#redis.xautoclaim(stream, group, this.#consumer, lockMs, '0', 'COUNT', 1)) as [
      string,
      [[string, string[]] | undefined],
    ];
    if (left) return jobOf(left);
    const read = (await this.#redis.xreadgroup('GROUP', group, this.#consumer, 'COUNT', 1, 'STREAMS', stream, '>')) as
      | [string, [string, string[]][]][]
      | null;
    const fresh = read?.[0]?.[1][0];
    return fresh && jobOf(fresh);
  }

  /** Says that the job's worker lives. JUSTID, so that it does not count as a delivery. */
  async keep({ entry }: Job): Promise<void> {
    await this.#redis.xclaim(stream, group, this.#consumer, 0, entry, 'JUSTID');
  }

  async done({ entry }: Job): Promise<void> {
    await this.#redis.multi().xack(stream, group, entry).xdel(stream, entry).exec();
  }

  async later({ entry, order, attempt }: Job, pauseMs: number): Promise<void> {
    await this.#redis
      .multi()
      .zadd(laterKey, Date.now() + pauseMs, JSON.stringify({ order, attempt: attempt + 1 }))
      .xack(stream, group, entry)
      .xdel(stream, entry)
      .exec();
  }

  /** Brings back what is due, until the worker stops. */
  async wakeUntil(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      await this.#redis.eval(wake, 2, laterKey, stream, Date.now()).catch(() => {});
      await delay(lookEveryMs);
    }
  }
}

const wake = `
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 100)) do
    local job = cjson.decode(member)
    redis.call('XADD', KEYS[2], '*', 'order', job.order, 'attempt', job.attempt)
    redis.call('ZREM', KEYS[1], member)
  end
`;

function jobOf([entry, fields]: [string, string[]]): Job {
  const at = (name: string) => fields[fields.indexOf(name) + 1] ?? '';
  return { entry, order: at('order'), attempt: Number(at('attempt')) };
}
