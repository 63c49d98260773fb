import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./search-process.ts', import.meta.url));
let free = availableParallelism();
const waiting: (() => void)[] = [];

/** Runs search-process.ts in a child process, never more of them at once than there are cores. */
export async function runInProcess(task: object): Promise<unknown> {
  if (free > 0) free--;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await new Promise((resolve, reject) => {
      const child = fork(program);
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`the search ended with exit code ${code}`)));
      child.send(task);
    });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}
