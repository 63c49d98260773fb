import { mkdirSync, statfsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Run } from '../os/run.ts';

/** A phase of an open workload, as Artillery takes it. Seconds and arrivals a second. */
export interface Phase {
  duration: number;
  arrivalRate: number;
}

export interface ArtilleryOptions {
  run: Run;
  /** A lesson's load.yml. */
  script: string;
  target: string;
  /** Replace those of the script. */
  phases?: Phase[] | undefined;
  variables?: Record<string, string | number> | undefined;
}

interface Summary {
  count: number;
  median: number;
  p95: number;
  p99: number;
  max: number;
}

/** The parts of Artillery's `--output` that the verdict reads. */
export interface ArtilleryReport {
  counters: Record<string, number>;
  summaries: Record<string, Summary>;
  firstMetricAt: number;
  lastMetricAt: number;
}

/** Artillery needs 3 to 4 s to start and to end; requests time out after 10 s. */
const graceMs = 30_000;
const artillery = join(dirname(createRequire(import.meta.url).resolve('artillery/package.json')), 'bin', 'run');

/**
 * Runs Artillery as a process of its own and reads its report.
 * @throws {Error} when it does not finish, or writes no report: our fault, never the app's.
 */
export async function runArtillery({
  run,
  script,
  target,
  phases,
  variables,
}: ArtilleryOptions): Promise<ArtilleryReport> {
  const home = join(run.dir, 'artillery');
  mkdirSync(home, { recursive: true });
  const output = join(home, `report-${Date.now()}.json`);
  const overrides = {
    config: {
      ...(phases ? { phases } : {}),
      ...(variables ? { variables } : {}),
      // TLS ends at the balancer, so its jar would leave out what a browser keeps: __Host- and __Secure- cookies.
      http: { cookieJarOptions: { prefixSecurity: 'unsafe-disabled' } },
      // Without it a request's figures are filed under its path and its name together.
      plugins: { 'metrics-by-endpoint': { useOnlyRequestNames: true } },
    },
  };
  const seconds = (phases ?? []).reduce((sum, phase) => sum + phase.duration, 0) || 10;
  const child = await run.spawn(
    process.execPath,
    [
      '--import',
      new URL('./artillery-trim/register.js', import.meta.url).href,
      artillery,
      'run',
      script,
      '--target',
      target,
      '--overrides',
      JSON.stringify(overrides),
      '--output',
      output,
    ],
    {
      cwd: home,
      limitMs: seconds * 1000 + graceMs,
      env: {
        ...process.env,
        ARTILLERY_DISABLE_TELEMETRY: 'true',
        NODE_OPTIONS: '',
        HOME: home, // It keeps settings and a machine id in the home folder.
        XDG_CONFIG_HOME: home,
      },
    },
  );
  await child.ended;
  const { signalCode: signal } = child.process;
  const problem = `Artillery ended with ${child.ending()}:\n${child.output.lastLines(15).join('\n')}`;
  const text = await readFile(output, 'utf8').catch(() => '');
  // It also ends well when there was no room for all of its report.
  const report = signal ? undefined : reportIn(text);
  if (report) return report;
  if (isFull(home)) throw Object.assign(new Error(problem), { code: 'ENOSPC' });
  throw new Error(problem);
}

function reportIn(text: string): ArtilleryReport | undefined {
  try {
    return (JSON.parse(text) as { aggregate?: ArtilleryReport }).aggregate;
  } catch {
    return undefined;
  }
}

/** Less than the report of any load takes. */
const fullBytes = 256 * 1024;

function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < fullBytes;
}
