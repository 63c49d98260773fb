import { rmSync } from 'node:fs';
import { BehaviourFailure } from '../../model/verdict.ts';
import type { SeenAnswer } from '../../net/balancer.ts';
import type { Target } from '../../net/target.ts';
import { freePort } from '../../os/ports.ts';
import type { OpenOptions, OpenService } from '../service.ts';
import { type Gate, openGate, type SeenRequest } from './gate.ts';
import { findNginx } from './index.ts';
import { configName, hasConfig, layOutSite } from './site.ts';
import { type RunningNginx, startNginx } from './start-nginx.ts';

const mostPorts = 5;

/** What checks do with the nginx in front of the app: reload it, and see what it sends to each instance. */
export interface NginxHandle extends OpenService {
  /** Where clients come in. */
  readonly url: string;
  /** The ways to the instances, in their order. */
  readonly gates: readonly Gate[];
  /** Everything that has reached the app since `forget`, in its order. */
  seen(): SeenRequest[];
  /** Connections that nginx has opened to the app so far, and how many of them are open. */
  connections(): { soFar: number; open: number };
  forget(): void;
  /** SIGHUP: reads its configuration anew. Resolves once new workers are there; old ones may still finish. */
  reload(): Promise<void>;
  /** Where the instances listen. */
  setTargets(targets: readonly Target[]): void;
  /** With the learner's files as they are now. */
  startAgain(): Promise<void>;
  /** What a balancer knows of its answers: nginx tells nobody. */
  takeAnswers(): SeenAnswer[];
}

/** Starts the learner's nginx in front of gates, which lead to the instances once these are there. */
export async function openNginx(options: OpenOptions): Promise<NginxHandle> {
  const { run, lesson, subjectDir, doorPort } = options;
  if (subjectDir === undefined) throw new TypeError('nginx needs the folder of the app');
  const program = await findNginx(options);
  const gates: Gate[] = [];
  for (let number = 1; number <= lesson.instances; number++) gates.push(await openGate(number));
  let isStartingAgain = false;
  let site: { dir: string; port: number; nginx: RunningNginx } | undefined;

  async function start(): Promise<void> {
    if (!hasConfig(subjectDir as string)) throw hasNoConfig();
    const upstreams = gates.map(({ door }) => ({ host: '127.0.0.1', port: door.port }));
    for (let tries = 0; tries < mostPorts; tries++) {
      const port = tries === 0 && (site?.port ?? doorPort) ? ((site?.port ?? doorPort) as number) : await freePort();
      const dir = layOutSite(run.dir, subjectDir as string, { port, upstreams });
      const nginx = await startNginx(program, dir, port, run);
      if (!nginx) continue;
      site = { dir, port, nginx };
      return;
    }
    throw new Error('nginx found no free port');
  }
  async function stop(): Promise<void> {
    if (!site) return;
    await site.nginx.stop();
    rmSync(site.dir, { recursive: true, force: true });
  }
  async function closeGates(): Promise<void> {
    for (const { door } of gates) await door.close();
  }

  try {
    await start();
  } catch (error) {
    await closeGates();
    throw error;
  }
  const forget = () => {
    for (const gate of gates) gate.forget();
  };
  const handle: NginxHandle = {
    get url() {
      return `http://127.0.0.1:${site?.port}`;
    },
    env: {},
    label: program.label,
    gates,
    seen: () => gates.flatMap(({ requests }) => requests).sort((a, b) => a.at - b.at),
    connections: () => ({
      soFar: gates.reduce((sum, { door }) => sum + door.connectionsSoFar, 0),
      open: gates.reduce((sum, { door }) => sum + door.connections, 0),
    }),
    forget,
    reload: async () => site?.nginx.reload(),
    setTargets(targets) {
      for (const [index, target] of targets.entries()) gates[index]?.leadTo(target);
    },
    async startAgain() {
      isStartingAgain = true;
      try {
        await stop();
        await start();
      } finally {
        isStartingAgain = false;
      }
    },
    takeAnswers: () => [],
    /** What nginx remembers of instances that failed, and what it has cached, goes with its process. */
    async restore() {
      for (const { door, decide } of gates) {
        decide(undefined);
        door.delayMs = 0;
        door.resume();
        await door.restore();
      }
      await handle.startAgain();
      forget();
    },
    // Between two of its processes it has not died: a behaviour beside the one that starts it again may ask.
    alive: async () => isStartingAgain || (site !== undefined && !site.nginx.child.hasEnded),
    async close() {
      await stop();
      await closeGates();
    },
  };
  return handle;
}

function hasNoConfig(): BehaviourFailure {
  return new BehaviourFailure({
    kind: 'exited-early',
    trail: [{ what: `nginx -c ${configName}` }],
    expected: `a file ${configName}`,
    seen: `${configName} is not there`,
    because: 'The configuration of nginx is gone, so nobody stands in front of the app.',
    lookAt: "the lesson's folder; npm run reset brings back the lesson as it was shipped",
  });
}
