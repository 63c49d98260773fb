import { availableParallelism } from 'node:os';
import { answerSheet, answerSheetsIn } from '../app/answer-sheets.ts';
import type { AppCommandEnd } from '../app/app-command.ts';
import { hasCrashed } from '../app/failures.ts';
import { watchOthers } from '../measure/machine.ts';
import { BehaviourFailure, Inconclusive, type Teaching } from '../model/verdict.ts';
import type { Evidence } from '../net/answer.ts';
import { forwarded } from '../net/balancer.ts';
import { Visitor } from '../net/visitor.ts';
import type { Cdn } from '../services/cdn/cdn.ts';
import type { NginxHandle } from '../services/nginx/handle.ts';
import type { PostgresHandle } from '../services/postgres/handle.ts';
import type { RedisHandle } from '../services/redis/handle.ts';
import type { Handles, RegisteredName, StartOptions } from '../services/registry.ts';
import type { OpenService } from '../services/service.ts';
import { assertAlive } from '../services/services.ts';
import type { SmtpHandle } from '../services/smtp/handle.ts';
import type { SupplierHandle } from '../services/supplier/handle.ts';
import type { Environment, Instance, Reference } from './environment.ts';
import { Judging } from './judging.ts';
import type { Roll, RollOptions } from './roll.ts';

/** What a behaviour acts with. Each has a stage of its own, with its own trail. */
export class Stage extends Judging {
  readonly cores = availableParallelism();
  readonly #environment: Environment;
  /** What may explain a failure better than the behaviour can. */
  readonly evidence: Evidence = { unexpected: new Set() };
  readonly startedAt = performance.now();
  /** Processes of the app that the behaviour acts on, or has acted on: instances, replaced ones, and extras. */
  readonly #apps = new Set<Instance>();
  /** Begun, and perhaps not ready yet when the behaviour ends. */
  readonly #extras: Promise<Instance>[] = [];
  readonly #services: [RegisteredName, OpenService][] = [];

  constructor(environment: Environment, teaching: Teaching) {
    super(teaching);
    this.#environment = environment;
  }

  /** A client with its own cookies, through the balancer, or straight to `at`: an instance, or the CDN. */
  visitor({ cookies, at }: { cookies?: Map<string, string>; at?: Instance | Cdn } = {}): Visitor {
    const { balancer, edge, cdn, instances } = this.#environment;
    const url = at?.url ?? edge?.url ?? balancer.url;
    return new Visitor({
      url,
      cookies,
      cdn: at === cdn ? cdn : undefined,
      severalInstances: instances.length > 1 && !at && !edge,
      headers: at && at !== cdn ? forwarded('127.0.0.1', new URL(url).host) : undefined,
      patience: { watchMachine: watchOthers },
      scene: { trail: this.trail, teaching: this.teaching, crash: () => this.#crash(), evidence: this.evidence },
      instanceOf: (answer) => {
        if (at && at !== cdn) return at as Instance;
        return this.#environment.instances[answer.instance - 1];
      },
    });
  }

  /** The processes of the app that the behaviour has to do with, ended ones included. */
  get apps(): Instance[] {
    return [...new Set([...this.#apps, ...this.#environment.processes])];
  }

  #crash(): BehaviourFailure | undefined {
    const dead = [...this.#apps].find((app) => app.crashed);
    return this.#environment.crash(this.trail.steps) ?? (dead && hasCrashed(dead, this.trail.steps));
  }

  /** An instance of the app, 1-based. */
  app(number = 1): Instance {
    const instance = this.#environment.instances[number - 1];
    if (!instance) throw new RangeError(`there is no instance ${number}`);
    return instance;
  }

  /** The process of the app beside its instances, as lesson.ts names it. */
  worker(): Instance {
    const { worker } = this.#environment;
    if (!worker) throw new TypeError('this lesson has no worker');
    return worker;
  }

  /** Restarts one instance, the worker, or all, with more in its environment if need be. */
  async restart(which?: number | 'worker', { env = {} }: { env?: Record<string, string> } = {}): Promise<void> {
    const one = which === 'worker' ? 'the worker' : `instance ${which}`;
    const all = this.#environment.worker ? 'every process of the app' : 'every instance';
    this.step(`${which ? one : all} restarted`);
    for (const app of this.#environment.processes) this.#apps.add(app);
    await this.#environment.restart(which, env);
  }

  /** Deploys one instance (1-based) while the balancer sends requests to the others. The env must be that of the others. */
  async roll(number: number, options?: RollOptions): Promise<Roll> {
    for (const app of this.#environment.processes) this.#apps.add(app);
    const roll = await this.#environment.roll(number, options);
    this.step(`instance ${number} deployed: SIGTERM, a new one, ready`);
    return roll;
  }

  /** Where visitors come in, for requests without ceremony. */
  get url(): string {
    return this.#environment.door.url;
  }

  /** The longest time between two of the balancer's looks at one instance since the last call. */
  takeLongestGapMs(): number {
    return this.#environment.balancer.takeLongestGapMs();
  }

  /**
   * One more process of the app, outside the balancer, ended with the behaviour.
   * @param options.env stronger than the lesson's; undefined takes a variable away.
   * @param options.under a command put before node's, such as `taskset -c 0`.
   * @param options.worker one more worker, in place of an instance.
   */
  startExtra(options: { env?: NodeJS.Dict<string>; under?: string[]; worker?: boolean } = {}): Promise<Instance> {
    const extra = this.#extra(options.worker ? 'an extra worker' : 'an extra instance', options);
    extra.then(
      (app) => this.#apps.add(app),
      () => {}, // Whoever asked for it is told.
    );
    return extra;
  }

  /** A process of our solution or of the starter, to compare the app with. Ended with the behaviour. */
  async startReference(reference: Reference): Promise<Instance> {
    const name = reference === 'solution' ? 'our solution' : 'the starter';
    try {
      return await this.#extra(name, { reference });
    } catch (error) {
      // Nobody may be blamed for an app of ours.
      const seen = error instanceof BehaviourFailure ? error.failure.seen : String(error);
      throw new Inconclusive(`${name}, which the app is compared with, did not start: ${seen}`, 'check again');
    }
  }

  #extra(...how: Parameters<Environment['startInstance']>): Promise<Instance> {
    const extra = this.#environment.startInstance(...how);
    this.#extras.push(extra);
    return extra;
  }

  /** Text of a file in the app's folder where the lesson has the learner write down an answer. Not for judging code. */
  answerSheet(path: string): string | undefined {
    return answerSheet(this.#environment.subjectDir, path);
  }

  /** Names of the files in a folder of the app's, where the lesson has the learner write answers. */
  answerSheetsIn(folder: string): string[] {
    return answerSheetsIn(this.#environment.subjectDir, folder);
  }

  /** A server that the lesson's app talks to. */
  service<Name extends RegisteredName>(name: Name): Handles[Name] {
    const service = this.#environment.service(name);
    if (!service) throw new TypeError(`this lesson has no ${name}`);
    return service;
  }

  /** One of this behaviour's own, such as one that runs beside behaviours which look at keys. Ended with the behaviour. */
  async startService<Name extends RegisteredName>(name: Name, more?: StartOptions[Name]): Promise<Handles[Name]> {
    const service = await this.#environment.startService(name, more);
    this.#services.push([name, service]);
    return service;
  }

  get redis(): RedisHandle {
    return this.service('redis');
  }

  get postgres(): PostgresHandle {
    return this.service('postgres');
  }

  get supplier(): SupplierHandle {
    return this.service('supplier');
  }

  get smtp(): SmtpHandle {
    return this.service('smtp');
  }

  get nginx(): NginxHandle {
    return this.service('nginx');
  }

  /** An empty Redis for this behaviour only. */
  startRedis(): Promise<RedisHandle> {
    return this.startService('redis');
  }

  /** A database for this behaviour only, seeded and not migrated. */
  startPostgres(): Promise<PostgresHandle> {
    return this.startService('postgres');
  }

  /** An SMTP server for this behaviour only. */
  startSmtp(): Promise<SmtpHandle> {
    return this.startService('smtp');
  }

  /** A supplier for this behaviour only, such as one that runs beside behaviours which count calls. */
  startSupplier(options: StartOptions['supplier']): Promise<SupplierHandle> {
    return this.startService('supplier', options);
  }

  /** Runs the app's migrations once more, to their end, whatever that is. */
  migrate({ env = {} }: { env?: Record<string, string> } = {}): Promise<AppCommandEnd> {
    return this.#environment.migrate(env);
  }

  /** Path of the lesson's file that the app knows by this environment variable. */
  file(variable: string): string {
    const path = this.#environment.files[variable];
    if (!path) throw new RangeError(`the lesson has no file ${variable}`);
    return path;
  }

  /** Throws when a service of this behaviour has died, so that the app is not blamed for it. */
  async assertServicesAlive(): Promise<void> {
    for (const [name, service] of this.#services) await assertAlive(name, service, 'this behaviour');
  }

  get cdn(): Cdn {
    const { cdn } = this.#environment;
    if (!cdn) throw new TypeError('this lesson has no CDN');
    return cdn;
  }

  /** Ends what the behaviour started. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#extras.map(async (extra) => (await extra).kill()));
    await Promise.all(this.#services.map(([, service]) => service.close()));
  }
}
