import { join } from 'node:path';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { withRun } from '../running/session.ts';
import { bold, dim, duration, green, red } from '../terminal/style.ts';

/** What `npm test` runs, each with the Node that runs this. */
const steps: [name: string, script: string, ...args: string[]][] = [
  ['types', 'node_modules/typescript/bin/tsc', '--noEmit'],
  ['lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '.'],
  ['harness', 'node_modules/vitest/vitest.mjs', 'run'],
  // The wrong turns are left to the whole verify: ten lessons have more than a hundred.
  ['verify', 'scripts/workshop.js', 'verify', '--no-load', '--no-wrong-turns'],
];

export const command: Command = {
  summary:
    "The repository's own tests: types, lint, harness, and the behaviours of every starter, solution and other way.",
  takes: '',
  flags: {},
  run: () =>
    withRun(async (run) => {
      let failed = 0;
      const times: string[] = [];
      for (const [name, script, ...args] of steps) {
        console.log(bold(`\n${name}`));
        const startedAt = performance.now();
        const child = await run.spawn(process.execPath, [join(repoDir, script), ...args], {
          cwd: repoDir,
          stdio: ['ignore', 'inherit', 'inherit'],
          env: process.env,
        });
        await child.ended;
        const { exitCode: code } = child.process;
        const took = duration(performance.now() - startedAt);
        console.log(
          code === 0 ? green(`${name}: passed in ${took}`) : red(`${name}: failed in ${took}, ${child.ending()}`),
        );
        if (code !== 0) failed++;
        times.push(`${name} ${took}`);
      }
      console.log(dim(`\n${times.join(', ')}`));
      console.log(`tests: ${steps.length - failed} passed, ${failed} failed`);
      return failed === 0 ? 0 : 1;
    }),
};
