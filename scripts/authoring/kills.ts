// Kills checks at random moments and counts what is left 5 s later: node_modules/.bin/node scripts/authoring/kills.ts [kills, 30] [seed]
// A machine whose other programs come and go disturbs nothing: what is counted belonged to the check.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listeningPorts } from '../../checks/harness/os/listening-ports.ts';
import { accepts } from '../../checks/harness/os/ports.ts';
import {
  type ProcessRow,
  processTable,
  processTree,
  stillAlive,
  taggedProcesses,
  treeOf,
} from '../../checks/harness/os/processes.ts';
import { cacheDir, repoDir } from '../../checks/harness/os/run.ts';
import { readAdopted, readFolders, readOwner } from '../../checks/harness/os/run-files.ts';
import { sharedSegments } from '../../checks/harness/os/shared-memory.ts';

const signals = ['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const lessons = [3, 8, 9];
const lookedAfterMs = 5_000;
/** A whole check takes about as long, so every part of it is hit. */
const latestMs = 16_000;

const [kills = 30, seed = Date.now() % 100_000] = process.argv.slice(2).map(Number);
let state = seed;
/** The same kills again for the same seed. Mulberry32. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
}

/** Everything of a check that could be left: who runs, who listens, what lies on the disk. */
interface Belongings {
  processes: ProcessRow[];
  ports: number[];
  folders: string[];
}

function belongingsOf(pid: number, tag: string): Belongings {
  const table = processTable();
  const runsDir = join(cacheDir, 'runs');
  const runs = existsSync(runsDir) ? readdirSync(runsDir).map((name) => join(runsDir, name)) : [];
  const dirs = runs.filter((dir) => readOwner(dir)?.pid === pid);
  const adopted = dirs.flatMap((dir) => readAdopted(dir).processes.flatMap((one) => treeOf(one, table)));
  const all = [...processTree(pid, table), ...adopted, ...taggedProcesses(tag, table)];
  const processes = [...new Map(all.map((row) => [row.pid, row])).values()];
  return {
    processes,
    ports: listeningPorts(processes) ?? [],
    folders: dirs.flatMap((dir) => [dir, ...readFolders(dir)]),
  };
}

async function kill(number: number) {
  const lesson = lessons[number % lessons.length];
  const signal = signals[Math.floor(number / lessons.length) % signals.length] ?? 'SIGKILL';
  const afterMs = Math.round(200 + random() * latestMs);
  const value = `C.kill${seed}x${number}`;
  const child = spawn(process.execPath, [join(repoDir, 'scripts/workshop.js'), 'check', `${lesson}`, '--solution'], {
    cwd: repoDir,
    detached: true, // A group of its own, as a terminal gives it.
    stdio: 'ignore',
    env: { ...process.env, LANG: value }, // Handed on to the app.
  });
  const pid = child.pid ?? 0;
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  await delay(afterMs);
  const before = belongingsOf(pid, `LANG=${value}`);
  const had = ended ? 'over' : `${before.processes.length} processes`;
  // A terminal's Ctrl-C and its end reach the whole group.
  if (!ended) process.kill(signal === 'SIGINT' || signal === 'SIGHUP' ? -pid : pid, signal);
  await delay(lookedAfterMs);
  const after = belongingsOf(pid, `LANG=${value}`);
  const creators = new Set([...before.processes, ...after.processes].map((row) => row.pid));
  const open = await Promise.all(before.ports.map(async (port) => ((await accepts(port)) ? [port] : [])));
  const left = {
    processes: new Set([...stillAlive(before.processes), ...after.processes].map((row) => row.pid)).size,
    ports: open.flat().length,
    folders: [...new Set([...before.folders, ...after.folders])].filter((folder) => existsSync(folder)).length,
    segments: sharedSegments().filter(({ creator, users }) => users === 0 && creators.has(creator)).length,
  };
  const sum = left.processes + left.ports + left.folders + left.segments;
  const where = `lesson ${lesson}  ${signal.padEnd(7)}  after ${(afterMs / 1000).toFixed(1).padStart(4)} s`;
  console.log(
    `${where}  ${had.padEnd(13)} ${before.ports.length} ports  left: ${sum === 0 ? '0' : JSON.stringify(left)}`,
  );
  return sum;
}

console.log(`${kills} kills, seed ${seed}`);
let left = 0;
for (let number = 0; number < kills; number++) left += await kill(number);
console.log(`${kills} kills: ${left} processes, ports, folders and segments of shared memory left after 5 s`);
process.exitCode = left === 0 ? 0 : 1;
