import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

export const queueName = 'confirmations';

export interface Job {
  order: number;
}

/** The e-mails that are still to be sent. */
export class ConfirmationQueue {
  readonly #queue: Queue<Job>;

  constructor(redis: Redis) {
    this.#queue = new Queue(queueName, {
      connection: redis,
      defaultJobOptions: {
        attempts: 1_000, // The relay may be away all night.
        backoff: { type: 'confirmation' },
        removeOnComplete: true,
        removeOnFail: false, // For people to look at.
      },
    });
    this.#queue.on('error', () => {}); // The client logs it, and the request that meets it does, too.
  }

  /** One job for an order, however often it is added. */
  async add(order: number): Promise<void> {
    await this.#queue.add('confirm', { order }, { jobId: `order-${order}` });
  }
}
