import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Inspector } from './inspector.ts';
import { copyWorkshop, learnersEnv, type WorkshopCopy } from './workshop-copy.ts';

let copy: WorkshopCopy;
beforeAll(() => {
  copy = copyWorkshop();
});
afterAll(() => copy[Symbol.dispose]());

const greeting = 'lessons/01-tiny/src/greeting.ts';
beforeEach(() => copy.write(greeting, "console.log('starting');\nexport const greeting = 'first';\n"));

/** `npm run dev lesson-1`, without a terminal. */
class Dev implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';
  #read = 0;

  constructor(flags: string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(process.execPath, [copy.path('scripts/workshop.js'), 'dev', '1', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...learnersEnv(), ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (data) => {
        this.#output += String(data);
      });
  }

  /** Waits for text that has not been waited for yet, and returns it. */
  async sees(wanted: RegExp): Promise<string> {
    const found = await expect
      .poll(() => wanted.exec(this.#output.slice(this.#read)) ?? this.#output.slice(this.#read), { timeout: 15_000 })
      .toBeInstanceOf(Array)
      .then(() => wanted.exec(this.#output.slice(this.#read)) as RegExpExecArray);
    this.#read += found.index + found[0].length;
    return found[1] ?? found[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGINT');
    await once(this.#child, 'exit');
  }
}

const answer = async (url: string) => (await fetch(url)).text();

describe('npm run dev', { timeout: 60_000 }, () => {
  it('restarts the app when a file is saved, at the same addresses, and shows what it prints', async () => {
    await using dev = new Dev();
    await dev.sees(/instance 1 │ starting\n/);
    const balancer = await dev.sees(/balancer +(\S+)/);
    const instance = await dev.sees(/instance 1 +(http\S+)/);
    await dev.sees(/restarts when you save/);
    copy.write(greeting, "console.log('again');\nexport const greeting = 'second';\n");
    await dev.sees(/saved: src.greeting\.ts[\s\S]*instance 1 │ again\n[\s\S]*restarted/);
    expect([await answer(balancer), await answer(instance)]).toEqual(['second', 'second']);
  });

  it('says so when the usual port is taken, and starts the app once', async () => {
    const other = createServer().on('error', () => {}); // Somebody may have it already.
    other.listen(8080, '127.0.0.1');
    await using _other = { [Symbol.asyncDispose]: async () => void other.close() };
    await using dev = new Dev();
    await dev.sees(/Port 8080 is taken[^\n]*\n/);
    await dev.sees(/instance 1 │ starting\n/);
    const balancer = await dev.sees(/^(?![\s\S]*│ starting)[\s\S]*balancer +(\S+)/);
    expect(balancer).not.toMatch(/:8080/);
    expect(await answer(balancer)).toBe('first');
  });

  it('waits for the next save when the app does not start, and when it dies', async () => {
    await using dev = new Dev();
    const balancer = await dev.sees(/balancer +(\S+)/);
    await dev.sees(/restarts when you save/);
    copy.write(greeting, 'export const greeting = ;\n');
    await dev.sees(/SyntaxError[\s\S]*did not start: it ended with exit code 1[\s\S]*Save a file to start it again/);
    copy.write(greeting, "setTimeout(() => process.exit(7), 300);\nexport const greeting = 'short';\n");
    await dev.sees(/restarted[\s\S]*instance 1 ended with exit code 7\. Save a file/);
    copy.write(greeting, "export const greeting = 'third';\n");
    await dev.sees(/restarted/);
    expect(await answer(balancer)).toBe('third');
  });

  it('lets a debugger attach, whose breakpoint holds a request, also after a restart', async () => {
    await using dev = new Dev(['--inspect']);
    const balancer = await dev.sees(/balancer +(\S+)/);
    const address = await dev.sees(/debugger +(127\.0\.0\.1:\d+) +of instance 1/);
    await dev.sees(/chrome:\/\/inspect[\s\S]*launch\.json[\s\S]*restarts when you save/);
    for (const wanted of ['first', 'second']) {
      using inspector = await Inspector.attach(address);
      await inspector.call('Debugger.enable');
      const place = { urlRegex: 'src/server\\.ts$', lineNumber: 3, columnNumber: 30 };
      expect((await inspector.call('Debugger.setBreakpointByUrl', place)).locations).toHaveLength(1);
      const answered = answer(balancer);
      expect(await inspector.event('Debugger.paused')).toMatchObject({ hitBreakpoints: [expect.any(String)] });
      await inspector.call('Debugger.resume');
      expect(await answered).toBe(wanted);
      if (wanted === 'second') break;
      copy.write(greeting, "export const greeting = 'second';\n");
      await dev.sees(/restarted/);
    }
  });
});

describe('NODE_OPTIONS of an editor that attaches by itself', { timeout: 60_000 }, () => {
  const log = () => copy.path('loaded.log');
  /** Writes down each program that loads it, and what the editor tells it besides. */
  const bootloader = () => {
    copy.write(
      'boot loader.cjs',
      `const { isMainThread } = require('node:worker_threads');
if (isMainThread) require('node:fs').appendFileSync(${JSON.stringify(log())}, process.argv[1] + ' ' + process.env.VSCODE_INSPECTOR_OPTIONS + '\\n');`,
    );
    return {
      NODE_OPTIONS: ` --require ${JSON.stringify(copy.path('boot loader.cjs'))} `,
      VSCODE_INSPECTOR_OPTIONS: ':::{"inspectorIpc":"/tmp/x.sock"}',
    };
  };
  const loadedBy = () =>
    existsSync(log())
      ? readFileSync(log(), 'utf8')
          .trim()
          .split('\n')
          .map((line) => line.replaceAll('\\', '/').replace(/^.*\/(?=\w+\/\w+\.\w+ )/, ''))
      : [];

  // Node itself has loaded it into the door before any line of ours is run.
  const door = 'scripts/workshop.js :::{"inspectorIpc":"/tmp/x.sock"}';

  it('reach the app of npm run dev, and nothing of ours but the door', async () => {
    {
      await using dev = new Dev([], bootloader());
      const balancer = await dev.sees(/balancer +(\S+)/);
      expect(await answer(balancer)).toBe('first');
    }
    expect(loadedBy()).toEqual([door, 'src/server.ts :::{"inspectorIpc":"/tmp/x.sock"}']);
  });

  it('reach nothing of a check, whose verdict a debugger would change, which is said', () => {
    copy.write('loaded.log', '');
    const { status, stdout } = copy.runWith(bootloader(), 'check', '1', '--no-load');
    expect(stdout).toMatch(/NODE_OPTIONS[\s\S]*npm run dev lesson-1/);
    expect(status).toBe(0);
    expect(loadedBy()).toEqual([door]);
  });
});
