import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

const MAX_WAITING = 32;

export class QueueFull extends Error {}

interface Job {
  task: object;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** One thread a core, made once; each has one job at a time, the others wait in line. */
export class Pool {
  readonly #idle: Worker[] = [];
  readonly #running = new Map<Worker, Job>();
  readonly #waiting: Job[] = [];

  constructor(size = availableParallelism()) {
    for (let i = 0; i < size; i++) this.#start();
  }

  run(task: object, signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#idle.length === 0 && this.#waiting.length >= MAX_WAITING) {
        reject(new QueueFull());
        return;
      }
      const job: Job = { task, resolve, reject };
      signal.addEventListener('abort', () => this.#cancel(job), { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  }

  #start(): void {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    worker.on('message', (result: { value?: unknown; error?: string }) => {
      const job = this.#running.get(worker);
      this.#running.delete(worker);
      this.#idle.push(worker);
      if (result.error === undefined) job?.resolve(result.value);
      else job?.reject(new Error(result.error));
      this.#next();
    });
    worker.on('error', (error: Error) => this.#running.get(worker)?.reject(error));
    worker.on('exit', () => {
      this.#running.get(worker)?.reject(new Error('the thread ended'));
      this.#running.delete(worker);
      const at = this.#idle.indexOf(worker);
      if (at >= 0) this.#idle.splice(at, 1);
      this.#start();
    });
    this.#idle.push(worker);
  }

  #next(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const worker = this.#idle.pop() as Worker;
      const job = this.#waiting.shift() as Job;
      this.#running.set(worker, job);
      worker.postMessage(job.task);
    }
  }

  #cancel(job: Job): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      job.reject(new Error('the client went away'));
      return;
    }
    for (const [worker, running] of this.#running) {
      if (running === job) void worker.terminate();
    }
  }
}
