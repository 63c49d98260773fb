import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { newcomer, patienceMs } from './steps.ts';

const trace = '--trace-sync-io';
const detected = 'Detected use of sync API';
/** A frame of Node's that writes and waits for it, and the first frame of the app below it. */
const syncWrite =
  /^\s+at (?:Object\.)?((?:append|write|fsync|fdatasync|ftruncate|truncate|rename|copy)\w*Sync) \(node:fs/;
const ofTheApp = /(src[\\/][^\s()]+:\d+):\d+\)?$/;

/**
 * Where a sign-up writes with a Sync call, by what Node itself tells about those; false if nowhere, undefined where that
 * can't be told: Node also tells of threads, which may.
 */
export async function syncWriteOf(t: Stage): Promise<string | false | undefined> {
  if ((await t.app(1).probe.read()).threadsCreated > 0 || !nodeTells()) return undefined;
  const file = join(mkdtempSync(join(dirname(t.file('ACCOUNTS_FILE')), 'trace-')), 'accounts.jsonl');
  const extra = await t.startExtra({ env: { ACCOUNTS_FILE: file, NODE_OPTIONS: trace } });
  const visitor = t.visitor({ at: extra });
  await visitor.get('/health', { deadlineMs: patienceMs });
  const before = extra.output.totalBytes;
  const { status } = await visitor.post('/accounts', newcomer(), { deadlineMs: patienceMs });
  await delay(200); // What it printed comes through another pipe.
  if (status !== 201) return undefined;
  const lines = extra.output.lastBytes(extra.output.totalBytes - before).split('\n');
  const at = lines.findIndex((line) => syncWrite.test(line));
  if (at < 0) return false;
  const call = syncWrite.exec(lines[at] as string)?.[1];
  const where = lines.slice(at).flatMap((line) => ofTheApp.exec(line)?.[1] ?? [])[0];
  return where ? `${call} in ${where}` : `${call}`;
}

/** Whether this Node tells of such a call at all. */
function nodeTells(): boolean {
  const script = "setTimeout(() => require('node:fs').writeSync(1, ''), 1)";
  const { stderr } = spawnSync(process.execPath, [trace, '-e', script], { encoding: 'utf8', timeout: patienceMs });
  return stderr?.includes(detected) ?? false;
}
