// Started beside every command that starts processes. It waits for its standard input to end, which happens when that
// command ends, however it ends, and then ends what the command has left behind.
import { identityOf, killNow, stillAlive } from './processes.ts';
import { closeRun } from './run-end.ts';

const dir = process.argv[2];
const owner = identityOf(process.ppid);
process.stdin.on('data', (milliseconds) => {
  // It says that it is about to exit. If that hangs, our standard input does not end.
  setTimeout(
    () => killNow(stillAlive(owner ? [owner] : []).map(({ pid }) => pid)),
    Number(String(milliseconds)),
  ).unref();
});
process.stdin.on('error', reap);
process.stdin.on('end', reap);

async function reap(): Promise<void> {
  // Also when the folder is gone already: the command may have started something while it was closing the run.
  if (dir) await closeRun(dir);
  process.exit(0);
}
