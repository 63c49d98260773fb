import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../report/page.ts';
import { Terminal } from './terminal.ts';
import { copyWorkshop, learnersEnv, type WorkshopCopy } from './workshop-copy.ts';

// In this order: the report measures the starter, whose curve the watch mode then draws beside the learner's.
let copy: WorkshopCopy;
beforeAll(() => {
  copy = copyWorkshop();
  copy.write(
    'checks/01-tiny/load.yml',
    `config:
  phases: [{ duration: 1, arrivalRate: 5 }]
  plugins: { metrics-by-endpoint: { useOnlyRequestNames: true } }
scenarios: [{ flow: [{ get: { url: /, name: GET / } }] }]
`,
  );
  copy.run('starters');
  copy.git('add', '--all');
  copy.git('commit', '--quiet', '-m', 'A load');
  copy.write('lessons/01-tiny/src/greeting.ts', "export const greeting = 'mine';\n");
});
afterAll(() => copy[Symbol.dispose]());

/** What `afterLoad` has to show for a load run of the learner's folder, without running one. */
function shownAfterLoad(env: NodeJS.ProcessEnv = { ENCORE_WATCHED: '1' }): string {
  const script = `const { afterLoad } = await import('./scripts/report/after-load.ts');
    const { default: lesson } = await import('./checks/01-tiny/lesson.ts');
    const record = { sampleMs: 250, samples: [{ atMs: 250, requests: 1 }], answers: [[0, 5, 200]] };
    console.log(afterLoad(lesson, { outcome: 'pass', targets: [], record }, 'lesson').join('\\n'));`;
  const args = ['--input-type=module', '-e', script];
  return execFileSync(process.execPath, args, { cwd: copy.dir, encoding: 'utf8', env: { ...learnersEnv(), ...env } });
}

describe('npm run report', { timeout: 90_000 }, () => {
  it('draws the starter and the learner’s app before the lesson is passed, says where, and writes nowhere else', () => {
    const { status, stdout, stderr } = copy.run('report', '1');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const page = copy.path('.workshop/reports/01-tiny.html');
    expect(stdout).toContain(pathToFileURL(page).href);
    expect(stdout).toMatch(/Our solution is drawn, too, once you have passed\.\s*$/);
    expect(stdout).not.toContain('Latency over time'); // No terminal, no chart.
    const report = JSON.parse(readFileSync(copy.path('.workshop/reports/01-tiny.json'), 'utf8')) as Report;
    expect(report.loads.map(({ name, load }) => [name, load.outcome, load.record?.answers.length])).toEqual([
      ['starter', 'fail', 5],
      ['yours', 'pass', 5],
    ]);
    expect(readFileSync(page, 'utf8')).toMatch(/<h1>Lesson 1 · Lesson 1 holds<\/h1>[\s\S]*our app: median/);
    expect(copy.git('status', '--short').trim()).toBe('M lessons/01-tiny/src/greeting.ts');
  });

  it.skipIf(process.platform === 'win32')('is followed in the watch mode by a chart of both after `l`', async () => {
    await using terminal = new Terminal(copy, 'lesson-1');
    await terminal.sees(/every behaviour holds/);
    terminal.press('l');
    const chart = await terminal.sees(/Latency over time: p90[\s\S]*pass: 3 of 3 behaviours hold/, 40_000);
    expect(chart).toMatch(/┤.*●|│.*●/);
    expect(chart).toMatch(/× the starter: 100 % of its answers were no 2xx\n[\s\S]*● your app\n/);
    expect(chart).toMatch(/The starter ran at \d{4}-\d\d-\d\d \d\d:\d\d UTC\./);
  });

  it('is asked for by name when the starter’s run was of another load', () => {
    const load = readFileSync(copy.path('checks/01-tiny/load.yml'), 'utf8');
    expect(shownAfterLoad()).toMatch(/The starter ran at/);
    copy.write('checks/01-tiny/load.yml', load.replace('5', '6'));
    const shown = shownAfterLoad();
    expect(shown).not.toContain('the starter:');
    expect(shown).toMatch(/The starter has not run here yet\.\n.*as a page: npm run report lesson-1\n/);
  });

  it('is not needed when the learner loads the starter first: that run is kept', () => {
    copy.git('checkout', '--quiet', 'lessons');
    expect(shownAfterLoad()).toMatch(/× the starter\n *More pictures, as a page/);
    copy.write('lessons/01-tiny/src/greeting.ts', "export const greeting = 'mine';\n");
    expect(shownAfterLoad()).toMatch(/× the starter\n *● your app\n *The starter ran at/);
  });

  it('has no part in what a check prints without a terminal, or when its files are broken', () => {
    expect(shownAfterLoad({}).trim()).toBe('');
    copy.write('.workshop/loads/01-tiny-starter.json', '{"half');
    expect(shownAfterLoad()).toMatch(/● your app\n *The starter has not run here yet/);
    rmSync(copy.path('checks/01-tiny/starter'), { recursive: true });
    expect(shownAfterLoad().trim()).toBe('');
  });
});
