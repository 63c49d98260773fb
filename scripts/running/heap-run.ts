import { mkdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Asker, left } from '../../checks/harness/load/asker.ts';
import { readFlow } from '../../checks/harness/load/flow.ts';
import type { Growth } from '../../checks/harness/measure/heap/growth.ts';
import type { Holder } from '../../checks/harness/measure/heap/holder.ts';
import { HeapSeries } from '../../checks/harness/measure/heap/series.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Environment, Instance } from '../../checks/harness/runner/environment.ts';
import { type Visit, visitsOf } from './heap-visits.ts';

/** As many clients ask at a time. */
const atOnce = 8;
/** What a phase may take. Of what takes long, fewer are sent, and always a number that is easily recognised. */
const phaseMs = 3_000;
const shares = [1, 1 / 2, 1 / 4, 1 / 10, 1 / 20, 1 / 40];
const warmUpMs = 500;
/** Sent before the last snapshot, so that what is only kept until the next request is gone. */
const afterwards = 10;
const idleWithinMs = 10_000;
const lookEveryMs = 200;
/** Of a core: the probe itself, and timers. */
const idleShare = 0.1;

/** What was sent in one phase, and what came of it. */
export interface HeapPhase {
  name: string;
  sent: number;
  ms: number;
  /** How many answers of each status. */
  outcomes: Record<string, number>;
}

export interface HeapFindings {
  phases: HeapPhase[];
  /** Of all measured processes together, the largest first. */
  growth: Growth[];
  /** Of each process that is measured. */
  heaps: HeapSeries[];
}

/** What happens during a run, for whoever shows it. */
export interface HeapWatcher {
  doing(text: string): void;
  phase(phase: HeapPhase): void;
}

/** Sends a lesson's requests to one instance, a kind at a time, and finds what each kind leaves in its heap. */
export class HeapRun {
  readonly #environment: Environment;
  readonly #dir: string;
  readonly #most: number;
  readonly #isOfApp: (file: string) => boolean;
  readonly #watcher: HeapWatcher;
  /** By process id. */
  readonly #heaps = new Map<number, HeapSeries>();
  #taken = 0;
  #shared = 1;
  #asked = 'the start';

  constructor(environment: Environment, most: number, appDir: string, watcher: HeapWatcher) {
    this.#isOfApp = (file) =>
      file.startsWith(pathToFileURL(`${appDir}${sep}`).href) && !file.includes('/node_modules/');
    this.#environment = environment;
    this.#dir = join(environment.run.dir, 'heap');
    this.#most = most;
    this.#watcher = watcher;
    mkdirSync(this.#dir, { recursive: true });
  }

  /** @throws {BehaviourFailure} when the app ends on the way, with what it was asked last. */
  async findings(): Promise<HeapFindings> {
    try {
      return await this.#run();
    } catch (error) {
      throw this.#environment.crash([{ what: this.#asked }]) ?? error;
    }
  }

  async #run(): Promise<HeapFindings> {
    const { lesson, instances, supplier } = this.#environment;
    const flow = await readFlow(join(repoDir, 'checks', lesson.folder, 'load.yml'));
    const visits = visitsOf(flow, lesson.heap);
    // Who waits for others for long only makes this take longer.
    await supplier?.setLatency(5);
    using asker = new Asker((instances[0] as Instance).url, flow.variables);
    this.#watcher.doing('warming up');
    for (const step of flow.steps) await asker.ask(step, { $loopElement: step.over[0] });
    const counts = new Map<string, number>();
    for (const visit of visits) counts.set(visit.name, await this.#warmUp(asker, visit, counts));
    await this.#snapshot(asker);
    const phases: HeapPhase[] = [];
    for (const [index, visit] of visits.entries()) {
      const sent = counts.get(visit.name) as number;
      this.#watcher.doing(`${index + 1} of ${visits.length}: ${sent} × ${visit.name}`);
      const startedAt = performance.now();
      const outcomes = await this.#repeat(asker, visit, sent);
      const phase = { name: visit.name, sent, ms: performance.now() - startedAt, outcomes };
      phases.push(phase);
      this.#watcher.phase(phase);
      await this.#snapshot(asker);
    }
    for (const visit of visits) await this.#repeat(asker, visit, afterwards);
    await this.#snapshot(asker);
    this.#watcher.doing('reading the heap');
    return { phases, growth: this.#growth(phases), heaps: [...this.#heaps.values()] };
  }

  /** Lets V8 compile what is run often, and caches fill. @returns how many to send of it, by what it takes. */
  async #warmUp(asker: Asker, visit: Visit, known: ReadonlyMap<string, number>): Promise<number> {
    const startedAt = performance.now();
    const like = visit.costsAs === undefined ? undefined : known.get(visit.costsAs);
    if (like !== undefined) {
      await this.#repeat(asker, visit, atOnce);
      await idle(this.#environment.instances[0] as Instance); // What comes of it is not the next one's.
      return like;
    }
    let done = 0;
    for (const until = startedAt + warmUpMs; performance.now() < until && done < this.#most / 5; done += atOnce)
      await this.#repeat(asker, visit, atOnce, done);
    const eachMs = (performance.now() - startedAt) / done;
    const fitting = shares.find((share) => eachMs * this.#most * share <= phaseMs);
    return Math.max(1, Math.round(this.#most * (fitting ?? (shares.at(-1) as number))));
  }

  async #repeat(asker: Asker, visit: Visit, count: number, from = 0): Promise<Record<string, number>> {
    const outcomes: Record<string, number> = {};
    const instance = this.#environment.instances[0] as Instance;
    this.#asked = visit.name;
    let next = 0;
    const client = async () => {
      while (next < count) {
        const outcome = await visit.act(asker, from + next++);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (instance.crashed) throw new Error(`${instance.name} has ended`);
        // Who hangs up could go on faster than the app can ever follow: its event loop has come round since.
        if (outcome.endsWith(left)) await instance.probe.reset();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, client));
    return outcomes;
  }

  /** Takes one of each process, once its work is done and the connections are closed. */
  async #snapshot(asker: Asker): Promise<void> {
    const { instances, worker } = this.#environment;
    asker.hangUp();
    const number = this.#taken++;
    for (const process of [instances[0] as Instance, ...(worker ? [worker] : [])]) {
      await idle(process);
      const stem = join(this.#dir, String(number));
      const pids = await process.probe.writeHeaps(stem);
      // Those of a cluster share the requests. The first one only watches over the others.
      this.#shared = Math.max(this.#shared, pids.length - 1);
      for (const pid of pids) this.#add(pid, pids.length > 1 ? `${process.name}, process ${pid}` : process.name, stem);
    }
  }

  #add(pid: number, name: string, stem: string): void {
    const file = `${stem}-${pid}.heapsnapshot`;
    const known = this.#heaps.get(pid);
    if (known) known.add(file);
    // Of one that was started on the way there is nothing to compare with.
    else if (this.#taken === 1) this.#heaps.set(pid, new HeapSeries(name, file));
  }

  /** What several processes keep in the same place is one finding. */
  #growth(phases: HeapPhase[]): Growth[] {
    const sent = (phase: number) => phases[phase - 1]?.sent ?? Number.POSITIVE_INFINITY;
    const least = (phase: number) => sent(phase) / 2 / this.#shared;
    const merged = new Map<string, Growth>();
    for (const heap of this.#heaps.values())
      for (const found of heap.growth({ least, isOwn: this.#isOfApp })) {
        const key = JSON.stringify([found.phase, found.holder, found.constructorName, found.place]);
        const known = merged.get(key);
        if (known) {
          known.count += found.count;
          known.bytes += found.bytes;
        } else merged.set(key, found);
      }
    // Buffers and queues of packages and of Node keep some of the last ones until they are used again: no multiple.
    const isOwn = ({ variable }: Holder) => variable !== undefined && this.#isOfApp(variable.file);
    return [...merged.values()]
      .filter(({ holder }) => !keptByNode.has(holder.expression))
      .filter(({ phase, count, holder }) =>
        isOwn(holder) ? count >= sent(phase) / 2 : multipleOf(count, sent(phase)) !== undefined,
      )
      .sort((a, b) => b.bytes - a.bytes);
  }
}

/** The timings of the last 250 calls of fetch. */
const keptByNode = new Set(['resourceTimingBuffer']);

/** A count that is off by less was meant to be a multiple. */
const tolerance = 0.05;

/** How many for each request; undefined when that is no whole number. */
export function multipleOf(count: number, sent: number): number | undefined {
  const whole = Math.round(count / sent);
  return whole > 0 && Math.abs(count - whole * sent) <= tolerance * whole * sent ? whole : undefined;
}

/** Resolves when a process has nothing to do, or never rests: what it is working on is no growth yet. */
async function idle({ probe }: Instance): Promise<void> {
  let before = await probe.cpuMs();
  for (const until = performance.now() + idleWithinMs; performance.now() < until; ) {
    await delay(lookEveryMs);
    const now = await probe.cpuMs();
    if (now - before < lookEveryMs * idleShare) return;
    before = now;
  }
}
