import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

export const queueName = 'confirmations';

export interface Confirmation {
  order: string;
}

const maxAttempts = Number(process.env.MAX_ATTEMPTS ?? 5);

/** The e-mails that are still to be sent. */
export class Confirmations {
  readonly #queue: Queue<Confirmation>;

  constructor(redis: Redis) {
    this.#queue = new Queue(queueName, {
      connection: redis,
      defaultJobOptions: {
        attempts: maxAttempts,
        backoff: { type: 'custom' },
        removeOnComplete: true,
        removeOnFail: false, // For people to look at.
      },
    });
    this.#queue.on('error', () => {}); // The client logs it, and the request that meets it answers it.
  }

  /** One job for an order, however often it is asked for. */
  async add(order: string): Promise<void> {
    await this.#queue.add('confirm', { order }, { jobId: order });
  }
}
