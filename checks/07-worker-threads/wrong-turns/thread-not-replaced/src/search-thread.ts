import { parentPort } from 'node:worker_threads';
import { fibonacci, seatsForParty } from './tasks.ts';

parentPort?.on('message', ({ name, task }: { name: string; task: never }) => {
  parentPort?.postMessage(name === 'fibonacci' ? fibonacci(task) : seatsForParty(task));
});
