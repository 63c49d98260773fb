import { Worker } from 'node:worker_threads';

export type Job = { hall: number; party: number } | { n: number };
export class QueueFull extends Error {}

interface Task {
  job: Job;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Threads that are made when they are needed, and a queue of limited length in front of them. */
export class Pool {
  readonly #size: number;
  readonly #maxWaiting: number;
  readonly #idle: Worker[] = [];
  readonly #running = new Map<Worker, Task>();
  #waiting: Task[] = [];

  constructor(size: number, maxWaiting: number) {
    this.#size = size;
    this.#maxWaiting = maxWaiting;
  }

  get full(): boolean {
    return this.#running.size >= this.#size && this.#waiting.length >= this.#maxWaiting;
  }

  run(job: Job, signal?: AbortSignal): Promise<unknown> {
    if (this.full) return Promise.reject(new QueueFull());
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const task = { job, resolve, reject };
    this.#waiting.push(task);
    signal?.addEventListener('abort', () => this.#drop(task), { once: true });
    this.#pump();
    return promise;
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#idle, ...this.#running.keys()].map((worker) => worker.terminate()));
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#running.size < this.#size) {
      const worker = this.#idle.pop() ?? this.#start();
      const task = this.#waiting.shift() as Task;
      this.#running.set(worker, task);
      worker.postMessage(task.job);
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    worker.on('message', ({ value, error }: { value?: unknown; error?: string }) => {
      const task = this.#running.get(worker);
      if (!task) return;
      this.#running.delete(worker);
      this.#idle.push(worker);
      if (error === undefined) task.resolve(value);
      else task.reject(new Error(error));
      this.#pump();
    });
    const gone = (error: Error) => {
      const task = this.#running.get(worker);
      this.#running.delete(worker);
      const at = this.#idle.indexOf(worker);
      if (at >= 0) this.#idle.splice(at, 1);
      task?.reject(error);
      this.#pump();
    };
    worker.on('error', gone);
    worker.on('exit', () => gone(new Error('the thread ended')));
    return worker;
  }

  #drop(task: Task): void {
    if (this.#waiting.includes(task)) {
      this.#waiting = this.#waiting.filter((other) => other !== task);
      task.reject(new Error('the client went away'));
      return;
    }
    for (const [worker, running] of this.#running) if (running === task) void worker.terminate();
  }
}
