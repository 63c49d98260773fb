import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Probe } from '../measure/probe/probe.ts';
import type { ProbeServer } from '../measure/probe/probe-server.ts';
import type { Lesson } from '../model/lesson.ts';
import type { Step } from '../model/trail.ts';
import { BehaviourFailure, type Failure } from '../model/verdict.ts';
import { freePort, isFree } from '../os/ports.ts';
import { stillAlive } from '../os/processes.ts';
import { type Run, repoDir } from '../os/run.ts';
import type { AppProcess } from './app-process.ts';
import { hasCrashed } from './failures.ts';
import { Pm2 } from './pm2.ts';
import { startApp } from './start-app.ts';
import type { ProcessOptions } from './start-process.ts';
import { startWorker } from './start-worker.ts';
import { stopBesideClients } from './stop-beside-clients.ts';
import { Strays } from './strays.ts';

/** A profile of a minute is written in less. */
const profileDeadlineMs = 10_000;

/** An instance of the app with the probe that reports from inside it. */
export type Instance = AppProcess & {
  probe: Probe;
  /** The ports that it has besides PORT, by the lesson's names for them. */
  ports: Readonly<Record<string, number>>;
  /** What has started it, where the lesson has an ecosystem file. */
  pm2?: Pm2 | undefined;
};

/** What the learner's app may be compared with: our solution, or the starter as it was shipped. */
export type Reference = 'solution' | 'starter';

export interface InstanceOptions {
  /** Beside what every instance gets, and stronger: undefined takes a variable away. */
  env?: NodeJS.Dict<string>;
  /** A command that starts it, with its arguments: ['taskset', '-c', '0']. */
  under?: readonly string[];
  /** Another app than the one that is judged. */
  reference?: Reference | undefined;
  /** The lesson's worker, which listens on no port, in place of its server. */
  worker?: boolean;
}

/** How `npm run dev` starts an instance otherwise than a check does. */
export interface Launch {
  /** A port that it gets if nobody else has it, so that its address outlives a restart. */
  port?: number | undefined;
  /** The same for the lesson's other ports. */
  ports?: Readonly<Record<string, number>> | undefined;
  nodeArgs?: readonly string[];
  /** What stands in NODE_OPTIONS before our own. */
  nodeOptions?: string | undefined;
  env?: Record<string, string>;
}

export interface InstancesOptions {
  lesson: Lesson;
  subjectDir: string;
  run: Run;
  probes: ProbeServer;
  profileDir?: string | undefined;
  /** Gets each line that the learner's app prints, as it comes, with the name of the process: "instance 1". */
  onOutput?: ((from: string, line: string) => void) | undefined;
  /** Asked at each start of the learner's app, with the name of the instance. */
  launch?: ((name: string) => Launch | Promise<Launch>) | undefined;
  /** What every instance is told of what is around it. */
  env: () => Record<string, string>;
}

/** The processes of a lesson's app: those behind the balancer, its worker, and how one more is started. */
export class Instances {
  /** Those behind the balancer. */
  readonly all: Instance[] = [];
  /** The process beside them, where the lesson has one. */
  worker: Instance | undefined;
  readonly #options: InstancesOptions;
  readonly #strays: Strays;
  #made = 0;

  constructor(options: InstancesOptions) {
    this.#options = options;
    this.#strays = new Strays(options.run);
  }

  /** Those behind the balancer and the worker. */
  get everyone(): Instance[] {
    return this.worker ? [...this.all, this.worker] : this.all;
  }

  /** Starts as many as the lesson has. Those that have started are listed, also when another one fails. */
  async startAll(): Promise<void> {
    const { instances, worker } = this.#options.lesson;
    const ofWorker = worker ? this.start('the worker', { worker: true }) : undefined;
    const started = await Promise.allSettled([
      ...Array.from({ length: instances }, async (_, index) => this.start(`instance ${index + 1}`)),
      ...(ofWorker ? [ofWorker] : []),
    ]);
    for (const result of started.slice(0, instances)) if (result.status === 'fulfilled') this.all.push(result.value);
    this.worker = await ofWorker?.catch(() => undefined);
    const refused = started.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    // Of those that want the same port, the one that has it tells more than the one that ended without it.
    const telling = refused.find(
      (reason) => reason instanceof BehaviourFailure && reason.failure.kind === 'wrong-port',
    );
    if (refused.length > 0) throw telling ?? refused[0];
  }

  /** Starts one more process of the app, or of one that it is compared with. Whoever asks for it lists or ends it. */
  async start(name: string, { env = {}, under = [], reference, worker }: InstanceOptions = {}): Promise<Instance> {
    const { run, subjectDir, probes, profileDir, onOutput, launch, lesson } = this.#options;
    const {
      port,
      ports: wanted,
      nodeArgs,
      nodeOptions = '',
      env: launchEnv,
    } = (!reference && (await launch?.(name))) || {};
    const key = `app${++this.#made}`;
    const probed = probes.env(key, profileDir);
    probed.NODE_OPTIONS = `${nodeOptions} ${probed.NODE_OPTIONS}`.trim();
    const ports = await drawPorts(lesson.ports ?? [], wanted);
    const dir = reference ? this.#dirOf(reference) : subjectDir;
    const pm2 = lesson.ecosystem && !worker ? new Pm2({ run, dir, ecosystem: lesson.ecosystem }) : undefined;
    const options: ProcessOptions = {
      run,
      dir,
      name,
      under,
      strays: reference ? undefined : this.#strays,
      onOutput: reference ? undefined : onOutput && ((line) => onOutput(name, line)),
      nodeArgs,
      env: { ...this.#options.env(), ...probed, ...pm2?.env, ...inText(ports), ...launchEnv, ...env },
    };
    const probeOf = (pid: number) => probes.probeOf(key, pid);
    if (worker) {
      if (!lesson.worker) throw new TypeError(`${lesson.folder} has no worker`);
      const app = await startWorker(lesson.worker, options, probeOf);
      return Object.assign(app, { probe: probeOf(app.pid), ports });
    }
    const drawPort = port === undefined ? undefined : async () => ((await isFree(port)) ? port : freePort());
    const app = await startApp({ ...options, program: pm2?.program, drawPort });
    return Object.assign(app, { probe: probeOf(app.pid), ports, pm2 });
  }

  /** The learner's folder is no starter any more once the lesson is solved, so the check keeps a copy. */
  #dirOf(reference: Reference): string {
    const { folder } = this.#options.lesson;
    return reference === 'solution' ? join(repoDir, 'solutions', folder) : join(repoDir, 'checks', folder, 'starter');
  }

  /**
   * Ends an instance (1-based) or the worker and starts it anew, or all of them.
   * @param gently asks with SIGTERM first, as a deploy does.
   */
  async restart(which?: number | 'worker', env: Record<string, string> = {}, gently = false): Promise<void> {
    const numbers = typeof which === 'number' ? [which] : which ? [] : this.all.map((_, index) => index + 1);
    const slots: [Instance | undefined, (fresh: Instance) => void][] = numbers.map((number) => [
      this.all[number - 1],
      (fresh) => {
        this.all[number - 1] = fresh;
      },
    ]);
    if (which === 'worker' || (which === undefined && this.worker))
      slots.push([
        this.worker,
        (fresh) => {
          this.worker = fresh;
        },
      ]);
    // To the end of each, also when another one fails, so that nothing is still starting when the caller goes on.
    const restarted = await Promise.allSettled(
      slots.map(async ([old, put]) => {
        if (!old) throw new RangeError(`there is no instance ${which}`);
        if (gently) await old.stop();
        else await old.kill();
        const fresh = await this.start(old.name, { env, worker: old === this.worker });
        // Its port is open, but its first turn of the event loop may go on, and what it does on signals may come last.
        await Promise.race([fresh.probe.read().catch(() => {}), delay(1_000)]);
        put(fresh);
      }),
    );
    for (const result of restarted) if (result.status === 'rejected') throw result.reason;
  }

  /** An instance (1-based) is told to end, and a new one takes its place once it has, whatever came of it. */
  async roll(number: number, env: Record<string, string> = {}, deadlineMs?: number) {
    const old = this.all[number - 1];
    if (!old) throw new RangeError(`there is no instance ${number}`);
    const failure = await old.stop(deadlineMs === undefined ? {} : { deadlineMs });
    const endedAt = performance.now();
    const fresh = await this.start(old.name, { env });
    this.all[number - 1] = fresh;
    return { old, failure, endedAt };
  }

  /** The failure of one that has died without being told to. */
  crash(trail: Step[]): BehaviourFailure | undefined {
    const dead = this.everyone.find((instance) => instance.crashed);
    return dead && hasCrashed(dead, trail);
  }

  /** Stops them as a deploy does, and says what was wrong with it. */
  async stop(): Promise<Failure | undefined> {
    const { stop } = this.#options.lesson;
    const failures = await Promise.all(
      this.everyone.map((instance) =>
        stop && instance !== this.worker ? stopBesideClients(instance, stop) : instance.stop(),
      ),
    );
    return failures.find((failure) => failure !== undefined);
  }

  /** Ends them in such a way that the profiles of their threads are written. */
  async exit(): Promise<void> {
    await Promise.all(
      this.everyone.map(async (instance) => {
        const family = instance.tree(0);
        instance.probe.exit();
        await instance.exitedWithin(profileDeadlineMs);
        // Its children write theirs meanwhile.
        for (const until = performance.now() + 2_000; performance.now() < until; await delay(50))
          if (stillAlive(family).length === 0) break;
        await instance.kill();
      }),
    );
  }

  async kill(): Promise<void> {
    await Promise.all(this.everyone.map((instance) => instance.kill()));
    if (this.#options.onOutput) await Promise.all(this.everyone.map((instance) => instance.drained()));
  }
}

async function drawPorts(names: readonly string[], wanted: Readonly<Record<string, number>> = {}) {
  const drawn: Record<string, number> = {};
  for (const name of names) {
    const port = wanted[name];
    drawn[name] = port !== undefined && (await isFree(port)) ? port : await freePort();
  }
  return drawn;
}

function inText(ports: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]));
}
