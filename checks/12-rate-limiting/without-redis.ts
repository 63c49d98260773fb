import type { Answer, RedisHandle, Teaching } from '../harness/sdk/index.ts';

/** Of an app that has never connected nobody can say what it does with Redis. */
export function isUnconnected({ connectionsSoFar }: Pick<RedisHandle, 'connectionsSoFar'>): boolean {
  return connectionsSoFar === 0;
}

/** What it means that no answer comes while Redis is away. */
export function waits(redis: RedisHandle): Teaching {
  if (isUnconnected(redis))
    return {
      because: 'The app has not once connected to REDIS_URL, so it is not Redis that this request waits for.',
      lookAt: 'what does this request wait for, and who answers it at last?',
    };
  return {
    because: 'The request waits for Redis, which is away. By the contract it has half a second for that.',
    lookAt: 'how long does the Redis client try, queue or wait before a command fails?',
  };
}

/** What a wrong answer without Redis means. */
export function inVain({ request, status }: Answer, redis: RedisHandle, wasRefused = false): Partial<Teaching> {
  const isRead = request.startsWith('GET');
  if (status < 500 && isUnconnected(redis))
    return {
      because: `The app has not once connected to REDIS_URL, so it does not notice that Redis is away. By the contract ${isRead ? 'a read passes then, however many there are' : 'a login or an export is a 503 then'}.`,
      lookAt: 'where do the limits count, and who connects to REDIS_URL?',
    };
  if (isRead && status === 429 && wasRefused)
    return {
      because:
        'This client had used up its reads before Redis went, and the app remembers that outside of Redis. Without Redis reads pass, by the contract, also those of a client that was refused before.',
      lookAt: 'what does a process itself keep of a client that it has refused, and does it ask Redis at all then?',
    };
  if (isRead && status === 429)
    return {
      because:
        'Without Redis reads pass, by the contract, however many. This one was refused by a count outside of Redis, such as a count that each process keeps for itself.',
      lookAt: 'who counts while Redis is away, and what is that count worth with two instances?',
    };
  if (isRead) return {};
  if (status === 429)
    return {
      because:
        'By the contract a login or an export is a 503 without Redis. This one was refused by a count outside of Redis.',
      lookAt: 'who counts while Redis is away, and what is that count worth with two instances?',
    };
  if (status < 500)
    return {
      because:
        'Without Redis nobody counts over all instances, and the request is still served. So there is no limit on guessed passwords and on exports, or one for each instance.',
      lookAt: 'what do the limits on logins and exports do when a command to Redis fails?',
    };
  return {
    because: 'An outage that will pass is a 503. Clients and balancers know what to do with that.',
    lookAt: 'what does the error handler make of an error of the store?',
  };
}
