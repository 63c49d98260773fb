import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BehaviourFailure, Inconclusive } from '../../checks/harness/model/verdict.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import { Environment } from '../../checks/harness/runner/environment.ts';
import type { Command } from '../command.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { withRun } from '../running/session.ts';
import { subjectOf } from '../running/subject.ts';
import { bold, dim } from '../terminal/style.ts';
import { UsageError } from '../usage-error.ts';

/** Where visitors of `dev` come in when nothing else does, so that a typed curl can be used again. */
const usualPort = 8080;

export const command: Command = {
  summary: 'Starts a lesson with everything around it, without checks, until Ctrl-C.',
  takes: 'lesson-N',
  flags: {
    solution: { summary: 'start our solution instead of your app' },
    subject: { summary: 'start the app in this folder instead', value: 'DIR' },
    port: { summary: `port to come in by, ${usualPort} or a free one`, value: 'N' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'dev', args.names);
    const subjectDir = subjectOf(lesson, args);
    const port = args.valueOf('port');
    if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new UsageError(`--port takes a number, not "${port}".`);
    console.log(bold(`lesson ${lesson.number} · ${lesson.title}`));
    console.log(dim(`starting ${relative(repoDir, subjectDir)}`));
    return withRun(async (run) => {
      const start = (balancerPort: number) =>
        Environment.start({
          lesson,
          subjectDir,
          run,
          balancerPort,
          onProgress: (text) => console.log(dim(`  … ${text}`)),
        });
      let environment: Environment;
      try {
        environment = await start(Number(port ?? usualPort)).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EADDRINUSE' || port !== undefined) throw error;
          return start(0);
        });
      } catch (error) {
        return explain(error, port);
      }
      await using env = environment;
      console.log();
      if (env.cdn) console.log(`  cdn          ${env.cdn.url}  ${dim(env.cdn.label)}`);
      console.log(`  balancer     ${env.balancer.url}`);
      for (const instance of env.instances)
        console.log(`  ${instance.name.padEnd(12)} ${instance.url}  pid ${instance.pid}`);
      for (const [name, service] of env.openServices())
        console.log(`  ${name.padEnd(12)} ${Object.values(service.env).join(' ')}  ${dim(service.label)}`);
      for (const [variable, path] of Object.entries(env.files)) console.log(`  ${variable.padEnd(14)} ${path}`);
      console.log('\n  Try:');
      for (const line of lesson.tryIt) console.log(`    ${line.replaceAll('$URL', env.door.url)}`);
      console.log(
        `\n  After an edit stop with Ctrl-C and start again. Verdict: npm run check lesson-${lesson.number}\n`,
      );
      const shown = new Map<number, number>();
      for (;;) {
        await delay(200);
        for (const [index, instance] of env.instances.entries()) {
          const fresh = instance.output.totalBytes - (shown.get(index) ?? 0);
          if (fresh > 0)
            process.stdout.write(instance.output.lastBytes(fresh).replace(/^(?=.)/gm, dim(`[${instance.name}] `)));
          shown.set(index, instance.output.totalBytes);
          if (instance.crashed) {
            console.log(`\n  ${instance.name} ended with ${instance.ending()}. Its lines are above.`);
            return 1;
          }
        }
      }
    });
  },
};

function explain(error: unknown, port: string | undefined): number {
  if (error instanceof BehaviourFailure) {
    const { seen, because, appOutput = [] } = error.failure;
    console.log(`\n  The app did not start: ${seen}.\n  ${because}`);
    for (const line of appOutput) console.log(dim(`  [your app] │ ${line}`));
    return 1;
  }
  if (error instanceof Inconclusive) {
    console.log(`\n  ${error.message}\n  To fix it: ${error.fix}`);
    return 2;
  }
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
    throw new UsageError(`Port ${port} is taken. Leave --port out for a free one.`);
  throw error;
}
