import type { AppCommandEnd } from '../app/app-command.ts';
import { notStartedAgain } from '../app/failures.ts';
import { type Instance, type InstanceOptions, Instances } from '../app/instances.ts';
import { makeLessonFiles } from '../app/lesson-files.ts';
import { Migrations } from '../app/migrations.ts';
import { ProbeServer } from '../measure/probe/probe-server.ts';
import { tellPhase } from '../model/check-events.ts';
import type { Lesson } from '../model/lesson.ts';
import type { Step } from '../model/trail.ts';
import { BehaviourFailure, type Failure, Inconclusive } from '../model/verdict.ts';
import { type Balancer, startBalancer } from '../net/balancer.ts';
import type { Run } from '../os/run.ts';
import { type Cdn, startCdn } from '../services/cdn/cdn.ts';
import type { Handles, RegisteredName, StartOptions } from '../services/registry.ts';
import type { OpenService } from '../services/service.ts';
import { Services } from '../services/services.ts';
import type { EnvironmentOptions } from './environment-options.ts';
import { type Roll, type RollOptions, roll, untilAllReady } from './roll.ts';

export type { Instance, InstanceOptions, Launch, Reference } from '../app/instances.ts';

/** Everything that a lesson's app needs around it, started in order and ended together. */
export class Environment implements AsyncDisposable {
  readonly lesson: Lesson;
  readonly probes: ProbeServer;
  balancer!: Balancer;
  /** In front of the balancer, where the lesson has one. */
  cdn: Cdn | undefined;
  /** Paths of the lesson's files, by the variable that tells the app. */
  readonly files: Readonly<Record<string, string>>;
  readonly #options: EnvironmentOptions;
  readonly #services: Services;
  readonly #migrations: Migrations;
  readonly #instances: Instances;

  private constructor(options: EnvironmentOptions, probes: ProbeServer) {
    this.#options = options;
    this.lesson = options.lesson;
    this.probes = probes;
    this.files = makeLessonFiles(options.run, options.lesson.files);
    this.#services = new Services({ ...options, doorPort: options.balancerPort });
    const env = () => this.#appEnv();
    this.#migrations = new Migrations({ ...options, env });
    this.#instances = new Instances({ ...options, probes, env });
  }

  /**
   * @throws {BehaviourFailure} when the app does not start.
   * @throws {Inconclusive} when the workshop can't provide a service.
   */
  static async start(options: EnvironmentOptions): Promise<Environment> {
    const environment = new Environment(options, await ProbeServer.start());
    try {
      await environment.#open();
      return environment;
    } catch (thrown) {
      const error = await environment.assertServicesAlive().then(
        () => thrown,
        (dead) => dead,
      );
      await environment[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { balancerPort } = this.#options;
    tellPhase('services');
    await this.#services.open();
    tellPhase('app');
    await this.#migrations.beforeStart();
    await this.#instances.startAll();
    this.edge?.setTargets(this.instances);
    const hasCdn = this.lesson.services.includes('cdn');
    const isDoor = !hasCdn && !this.edge;
    this.balancer = await startBalancer(this.instances, isDoor ? balancerPort : 0, this.lesson.balancer);
    await untilAllReady(this.balancer, this.instances);
    if (hasCdn) this.cdn = await startCdn(this.balancer, balancerPort);
  }

  /** A server that the lesson's app talks to, where the lesson has it. */
  service<Name extends RegisteredName>(name: Name): Handles[Name] | undefined {
    return this.#services.get(name);
  }

  /** Those that the lesson has, in the order in which they were opened. */
  openServices(): Iterable<[string, OpenService]> {
    return this.#services.all();
  }

  /** One more of them, empty or seeded afresh; the caller closes it. */
  async startService<Name extends RegisteredName>(name: Name, more?: StartOptions[Name]): Promise<Handles[Name]> {
    const service = await this.#services.start(name, more);
    if ('setTargets' in service) service.setTargets(this.instances);
    return service;
  }

  get supplier(): Handles['supplier'] | undefined {
    return this.#services.get('supplier');
  }

  get postgres(): Handles['postgres'] | undefined {
    return this.#services.get('postgres');
  }

  /** The folder of the app that is judged. */
  get subjectDir(): string {
    return this.#options.subjectDir;
  }

  /** To which all that it starts belongs. */
  get run(): Run {
    return this.#options.run;
  }

  /** The instances behind the balancer. */
  get instances(): Instance[] {
    return this.#instances.all;
  }

  /** The process beside them, where the lesson has one. */
  get worker(): Instance | undefined {
    return this.#instances.worker;
  }

  /** The instances and the worker. */
  get processes(): Instance[] {
    return this.#instances.everyone;
  }

  /** In front of the instances in the balancer's place, where the lesson has one. */
  get edge(): Handles['nginx'] | undefined {
    return this.#services.get('nginx');
  }

  /** Where visitors come in. */
  get door(): Cdn | Balancer | Handles['nginx'] {
    return this.edge ?? this.cdn ?? this.balancer;
  }

  /** What each service is, for the first lines of a check. */
  serviceLabels(): Record<string, string> {
    return { ...this.#services.labels(), ...(this.cdn ? { cdn: this.cdn.label } : {}) };
  }

  /** What the app and its commands are told of what is around them. */
  #appEnv(): Record<string, string> {
    return { NODE_ENV: 'production', ...this.#services.env(), ...this.files, ...this.lesson.env };
  }

  /** Runs the lesson's migrations to their end, with whatever that is. */
  migrate(env?: Record<string, string>): Promise<AppCommandEnd> {
    return this.#migrations.run(env);
  }

  /** Starts one more process of the app, or of one that it is compared with; the caller ends it. */
  startInstance(name: string, options?: InstanceOptions): Promise<Instance> {
    return this.#instances.start(name, options);
  }

  /** Ends an instance (1-based) or the worker and starts it anew, or all of them. */
  async restart(which?: number | 'worker', env: Record<string, string> = {}): Promise<void> {
    await this.#instances.restart(which, env);
    this.balancer.setTargets(this.instances);
    this.edge?.setTargets(this.instances);
    await untilAllReady(this.balancer, this.instances);
  }

  /** Deploys one instance (1-based) while the others serve. */
  roll(number: number, options?: RollOptions): Promise<Roll> {
    return roll({ balancer: this.balancer, instances: this.#instances }, number, options);
  }

  /** The same as a deploy does it: migrations first, then each instance gets SIGTERM and the time to obey. */
  async redeploy(): Promise<void> {
    await this.#migrations.beforeStart();
    await this.#instances.restart(undefined, {}, true);
    this.balancer.setTargets(this.instances);
    this.edge?.setTargets(this.instances);
    await this.edge?.startAgain();
  }

  /**
   * Puts things right after a behaviour that broke them, so that the next one starts from a working environment.
   * @returns why an instance could not be started again: that is the app's failure, and not the behaviour's before it.
   */
  async repair(): Promise<Failure | undefined> {
    await this.cdn?.settled(); // What it still asks of the app may reach the supplier.
    this.cdn?.clear();
    await this.#services.restore();
    try {
      for (const [index, instance] of this.instances.entries()) if (instance.spent) await this.restart(index + 1);
      if (this.worker?.spent) await this.restart('worker');
    } catch (error) {
      await this.assertServicesAlive(); // An app may end for want of them.
      if (error instanceof BehaviourFailure) return notStartedAgain(error);
      throw error;
    }
    return undefined;
  }

  /** Lines around the last error of a process since then, such as no right app prints. */
  ownFaultSince(since: number): string[] | undefined {
    return this.processes
      .map(({ output }) => output.errorSince(since, 'own-fault'))
      .find((lines) => lines !== undefined);
  }

  /** Resolves when no instance can still be getting ready: a load can't ask again. */
  async pastStart(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.pastStart()));
  }

  /** The failure of a process that has died without being told to. */
  crash(trail: Step[]): BehaviourFailure | undefined {
    return this.#instances.crash(trail);
  }

  /** Throws when one of our own services has died, so that the app is not blamed for it. */
  async assertServicesAlive(): Promise<void> {
    await this.#services.assertAlive();
    if (this.cdn && !this.cdn.alive()) throw new Inconclusive('the CDN of this check stopped', 'check again');
  }

  /** Stops every process of the app as a deploy does, and says what was wrong with it. */
  async stopInstances(): Promise<Failure | undefined> {
    this.balancer.setTargets(this.instances); // Closes the kept connections, as a balancer does before a deploy.
    return this.#instances.stop();
  }

  /** Ends every process of the app in such a way that the profiles of its threads are written. */
  exitInstances(): Promise<void> {
    return this.#instances.exit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#instances.kill();
    await this.cdn?.[Symbol.asyncDispose]();
    await this.balancer?.[Symbol.asyncDispose]();
    await this.#services.close();
    await this.probes[Symbol.asyncDispose]();
  }
}
