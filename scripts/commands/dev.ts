import { relative } from 'node:path';
import { BehaviourFailure, Inconclusive } from '../../checks/harness/model/verdict.ts';
import { isFree } from '../../checks/harness/os/ports.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import { Environment, type Launch } from '../../checks/harness/runner/environment.ts';
import type { Command } from '../command.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { Debuggers, editorsLaunch } from '../running/debugger.ts';
import { DevRestarts, explainFailure } from '../running/dev-restarts.ts';
import { withRun } from '../running/session.ts';
import { mustFindPackages, subjectOf } from '../running/subject.ts';
import { appMark } from '../terminal/print-check.ts';
import { bold, dim } from '../terminal/style.ts';
import { UsageError } from '../usage-error.ts';

/** Where visitors of `dev` come in when nothing else does, so that a typed curl can be used again. */
const usualPort = 8080;

export const command: Command = {
  summary:
    'Starts a lesson with everything around it, without checks, until Ctrl-C, and restarts the app on every save.',
  takes: 'lesson-N',
  flags: {
    solution: { summary: 'start our solution instead of your app' },
    subject: { summary: 'start the app in this folder instead', value: 'DIR' },
    inspect: { summary: 'let a debugger attach to each instance (Chrome, VS Code); the ports are printed' },
    port: { summary: `port to come in by, ${usualPort} or a free one`, value: 'N' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'dev', args.names);
    const subjectDir = subjectOf(lesson, args);
    mustFindPackages(subjectDir);
    const port = args.valueOf('port');
    if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new UsageError(`--port takes a number, not "${port}".`);
    console.log(bold(`lesson ${lesson.number} · ${lesson.title}`));
    console.log(dim(`starting ${relative(repoDir, subjectDir)}`));
    const debuggers = args.has('inspect') ? new Debuggers() : undefined;
    const launched = new Map<string, Pick<Launch, 'port' | 'ports'>>();
    return withRun(async (run) => {
      // Asked before anything is started: an app that came up twice would look as if it had crashed.
      const taken = port === undefined && !(await isFree(usualPort));
      if (taken)
        console.log(dim(`  Port ${usualPort} is taken by another program, so visitors come in by another one.`));
      let environment: Environment;
      try {
        environment = await Environment.start({
          lesson,
          subjectDir,
          run,
          balancerPort: taken ? 0 : Number(port ?? usualPort),
          onProgress: (text) => console.log(dim(`  … ${text}`)),
          onOutput: (from, line) => console.log(`${appMark(from)}${line}`),
          launch: async (name) => ({ ...editorsLaunch(), ...(await debuggers?.launch(name)), ...launched.get(name) }),
        });
      } catch (error) {
        return explain(error, port);
      }
      await using env = environment;
      for (const { name, port, ports } of env.instances) launched.set(name, { port, ports });
      for (const line of addresses(env, debuggers)) console.log(line);
      console.log('\n  Try:');
      for (const line of lesson.tryIt) console.log(`    ${filledIn(line, env)}`);
      console.log(
        `\n  The app restarts when you save; Ctrl-C ends it. Verdict: npm run check lesson-${lesson.number}\n`,
      );
      return await new DevRestarts(env, subjectDir).forever(); // Without await the environment would end first.
    });
  },
};

/** A line to try, with the addresses that it speaks of: `$URL`, and of the first instance `$METRICS_PORT` or `$PM2_HOME`. */
function filledIn(line: string, { door, instances: [first] }: Environment): string {
  const told = { ...first?.ports, ...(first?.pm2 ? { PM2_HOME: first.pm2.home } : {}) };
  return Object.entries(told).reduce(
    (text, [name, value]) => text.replaceAll(`$${name}`, String(value)),
    line.replaceAll('$URL', door.url),
  );
}

/** Where everything is, for curl, psql, redis-cli and debuggers. */
function addresses(env: Environment, debuggers: Debuggers | undefined): string[] {
  const { cdn, edge, balancer, instances, worker, processes, files } = env;
  const line = (name: string, address: string, more = '') => `  ${name.padEnd(12)} ${address}  ${dim(more)}`.trimEnd();
  return [
    '',
    ...(cdn ? [line('cdn', cdn.url, cdn.label)] : []),
    edge ? line('nginx', edge.url, edge.label) : line('balancer', balancer.url),
    ...instances.flatMap(({ name, url, pid, ports, pm2 }) => [
      line(name, url, `pid ${pid}`),
      ...(pm2 ? [line('PM2_HOME', pm2.home, `of ${name}`)] : []),
      ...Object.entries(ports).map(([variable, port]) => line(variable, String(port), `of ${name}`)),
    ]),
    ...(worker ? [line(worker.name, `pid ${worker.pid}`)] : []),
    ...(debuggers ? processes.map(({ name }) => line('debugger', debuggers.addressOf(name), `of ${name}`)) : []),
    ...[...env.openServices()]
      .filter(([name]) => name !== 'nginx')
      .map(([name, { env: told, label }]) => line(name, Object.values(told).join(' '), label)),
    ...Object.entries(files).map(([variable, path]) => `  ${variable.padEnd(14)} ${path}`),
    ...(debuggers
      ? [
          '',
          '  Chrome: open chrome://inspect, "Open dedicated DevTools for Node"; other ports than 9229 are added there.',
          '  VS Code: Run and Debug, "instance 1 of npm run dev lesson-N -- --inspect"; it comes from .vscode/launch.json.',
        ]
      : []),
  ];
}
function explain(error: unknown, port: string | undefined): number {
  if (error instanceof BehaviourFailure) {
    explainFailure(error);
    return 1;
  }
  if (error instanceof Inconclusive) {
    console.log(`\n  ${error.message}\n  To fix it: ${error.fix}`);
    return 2;
  }
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
    throw new UsageError(
      `Port ${port ?? usualPort} is taken. ${port ? 'Leave --port out for a free one' : 'Start it again'}.`,
    );
  throw error;
}
