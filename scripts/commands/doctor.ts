import { setTimeout as delay } from 'node:timers/promises';
import { MachineWatch } from '../../checks/harness/measure/machine.ts';
import { cacheDir, repoDir } from '../../checks/harness/os/run.ts';
import { explainNginx, fixForNginx } from '../../checks/harness/services/nginx/index.ts';
import { explainPostgres, fixForPostgres } from '../../checks/harness/services/postgres/index.ts';
import type { Availability } from '../../checks/harness/services/provider.ts';
import { explainRedis } from '../../checks/harness/services/redis/index.ts';
import type { Command } from '../command.ts';
import { cores, disk, type Finding, memory, node, openFiles, ports, programs } from '../learner/findings.ts';
import { bold, dim, green, red, yellow } from '../terminal/style.ts';

/** Long enough to see what other programs do. */
const watchedMs = 700;

export const command: Command = {
  summary: 'Says what the workshop would use on this machine and why, and what is missing.',
  takes: '',
  flags: {},
  async run() {
    console.log(bold('What the workshop finds here'));
    console.log();
    const watch = new MachineWatch();
    const watched = delay(watchedMs);
    const findings = [node(), cores(), memory(), disk(), openFiles(), await ports()].filter(
      (found) => found !== undefined,
    );
    for (const finding of findings) show(finding);
    const redis = await explainRedis({ cacheDir, repoDir, env: process.env });
    const insistedButBroken = redis.find(
      (provider) => provider.name === 'REDIS_URL' && !provider.ok && process.env.REDIS_URL,
    );
    const used = redis.find((provider) => provider.used);
    show({
      name: 'Redis',
      state: used ? (used === redis.at(-1) ? 'note' : 'good') : 'bad',
      text: used?.ok ? `${used.name}: ${used.detail}` : 'none of the ways below works',
    });
    showProviders(redis);
    const postgres = await explainPostgres({ cacheDir, repoDir, env: process.env });
    const database = postgres.find((provider) => provider.used);
    show({
      name: 'Postgres',
      state: database ? 'good' : 'bad',
      text: database?.ok ? `${database.name}: ${database.detail}` : 'none of the ways below works',
    });
    showProviders(postgres);
    const nginx = await explainNginx({ cacheDir, repoDir, env: process.env });
    const edge = nginx.find((provider) => provider.used);
    show({
      name: 'nginx',
      state: edge ? 'good' : 'note',
      text: edge?.ok
        ? `${edge.name}: ${edge.detail}`
        : `none of the ways below works; lesson 19 needs it: ${fixForNginx()}`,
    });
    showProviders(nginx);
    await watched;
    const others = programs(watch.use());
    if (others) show(others);
    const bad = [...findings.filter((finding) => finding.state === 'bad')];
    console.log();
    if (insistedButBroken && !insistedButBroken.ok) return verdict([insistedButBroken.fix ?? 'unset REDIS_URL']);
    if (!used)
      return verdict([
        redis.map((provider) => (provider.ok ? '' : provider.fix)).find(Boolean) ?? 'sudo apt-get install redis-server',
      ]);
    if (!database) return verdict([process.env.DATABASE_URL ? 'unset DATABASE_URL' : fixForPostgres()]);
    if (bad.length > 0) return verdict(bad.map((finding) => finding.fix ?? finding.name));
    if (used === redis.at(-1)) {
      console.log(
        '  All lessons run; what the stand-in lacks is reported as not judged. For a real Redis: sudo apt-get install redis-server',
      );
      return 0;
    }
    console.log('  Nothing is missing. Next: npm start');
    return 0;
  },
};

function showProviders(providers: ({ name: string; used: boolean } & Availability)[]): void {
  for (const provider of providers) {
    const mark = provider.used ? green('→') : ' ';
    console.log(dim(`    ${mark} ${provider.name.padEnd(16)} ${provider.ok ? provider.detail : provider.why}`));
  }
}

function verdict(fixes: string[]): number {
  console.log(`  To fix it: ${fixes.join('; then ')}`);
  return 1;
}

function show({ name, state, text }: Finding): void {
  const mark = { good: green('✔'), note: yellow('!'), bad: red('✘') }[state];
  console.log(`  ${mark} ${name.padEnd(8)} ${text}`);
}
