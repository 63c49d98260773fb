import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { startInTurn } from './turns.ts';
import { aWorkerOf, settled, settledAfterMs, workersOf } from './workers.ts';

/** An app with this number of workers, which serve, and the file that they read at their start. */
export async function appWithFile(t: Stage, name: string, workers: number) {
  const whole = readFileSync(t.file('EVENTS_FILE'), 'utf8');
  const file = join(dirname(t.file('EVENTS_FILE')), name);
  writeFileSync(file, whole);
  const app = await startInTurn(t, { WEB_CONCURRENCY: String(workers), EVENTS_FILE: file });
  await settled(app);
  if (workersOf(app).length === 0) aWorkerOf(t, app, []);
  await delay(settledAfterMs);
  return { app, file, whole };
}

export const broken = '[{ "id": "friday-ope';

/** What the app takes to give up when nobody serves. One that gives up too soon does it by the same count or clock. */
export const givingUp = { isJudged: false, tookMs: 0 };
