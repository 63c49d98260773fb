import { mkdirSync, statfsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Child } from '../os/child.ts';
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
  /** One that was loaded before. */
  waiting?: WaitingArtillery | undefined;
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
const artillery = `${pathToFileURL(dirname(createRequire(import.meta.url).resolve('artillery/package.json'))).href}/`;

/** An Artillery that has been loaded, or is being, and waits to be told what to send. For one load. */
export class WaitingArtillery {
  readonly home: string;
  readonly #child: Promise<Child>;

  constructor(run: Run) {
    this.home = join(run.dir, 'artillery');
    mkdirSync(this.home, { recursive: true });
    this.#child = run.spawn(
      process.execPath,
      ['--import', ours('register.js'), fileURLToPath(ours('gate.js')), artillery],
      {
        cwd: this.home,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: {
          ...process.env,
          ARTILLERY_DISABLE_TELEMETRY: 'true',
          NODE_OPTIONS: '',
          HOME: this.home, // It keeps settings and a machine id in the home folder.
          XDG_CONFIG_HOME: this.home,
        },
      },
    );
    this.#child.catch(() => {}); // Whoever wants the load is told.
  }

  /** Lets it run, and waits for its end. */
  async run(args: string[], limitMs: number): Promise<Child> {
    const child = await this.#child;
    const limit = setTimeout(() => child.killAll(), limitMs);
    if (!child.hasEnded) child.process.send(args, () => {}); // If it ends this very moment, there is no report.
    await child.ended;
    clearTimeout(limit);
    return child;
  }

  /** Ends it, if no load is wanted. */
  async close(): Promise<void> {
    await this.#child.then(
      (child) => child.killAll(),
      () => {},
    );
  }
}

const ours = (file: string) => new URL(`./artillery-trim/${file}`, import.meta.url).href;

/**
 * Runs Artillery, as a process of its own, and reads its report.
 * @throws {Error} when it does not finish, or writes no report: our fault, never the app's.
 */
export async function runArtillery({
  run,
  script,
  target,
  phases,
  variables,
  waiting = new WaitingArtillery(run),
}: ArtilleryOptions): Promise<ArtilleryReport> {
  const { home } = waiting;
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
  const args = ['run', script, '--target', target, '--overrides', JSON.stringify(overrides), '--output', output];
  const child = await waiting.run(args, seconds * 1000 + graceMs);
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
