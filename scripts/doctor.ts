import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../checks/harness/ports.ts';
import { cacheDir, repoDir } from '../checks/harness/run.ts';
import { explainPostgres, composeUp as postgresUp } from '../checks/harness/services/postgres/index.ts';
import type { Availability } from '../checks/harness/services/provider.ts';
import { explainRedis } from '../checks/harness/services/redis/index.ts';
import type { Command } from './cli.ts';
import { bold, dim, green, red, yellow } from './style.ts';

/** A lesson's database and the copy of a check take the most: up to 300 MB. A Redis unpacked from a package needs 10. */
const wantedDiskMb = 500;
const wantedMemoryMb = 700;

interface Finding {
  name: string;
  state: 'good' | 'note' | 'bad';
  text: string;
  mend?: string | undefined;
}

export const command: Command = {
  summary: 'Says what the workshop would use on this machine and why, and what is missing.',
  takes: '',
  flags: {},
  async run() {
    console.log(bold('What the workshop finds here'));
    console.log();
    const findings = [node(), cores(), memory(), disk(), await ports()];
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
    const bad = [...findings.filter((finding) => finding.state === 'bad')];
    console.log();
    if (insistedButBroken && !insistedButBroken.ok) return verdict([insistedButBroken.mend ?? 'unset REDIS_URL']);
    if (!used)
      return verdict([
        redis.map((provider) => (provider.ok ? '' : provider.mend)).find(Boolean) ??
          'sudo apt-get install redis-server',
      ]);
    if (!database) return verdict([process.env.DATABASE_URL ? 'unset DATABASE_URL' : postgresUp]);
    if (bad.length > 0) return verdict(bad.map((finding) => finding.mend ?? finding.name));
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

function verdict(mends: string[]): number {
  console.log(`  To mend it: ${mends.join('; then ')}`);
  return 1;
}

function show({ name, state, text }: Finding): void {
  const mark = { good: green('✔'), note: yellow('!'), bad: red('✘') }[state];
  console.log(`  ${mark} ${name.padEnd(8)} ${text}`);
}

function node(): Finding {
  const pinned = process.execPath.startsWith(join(repoDir, 'node_modules'));
  const where = pinned ? "from this folder's node_modules" : `your own: ${process.execPath}`;
  return { name: 'Node', state: 'good', text: `${process.versions.node}, ${where}` };
}

function cores(): Finding {
  const usable = availableParallelism();
  const all = cpus().length;
  const text = `${usable}${usable < all ? ` of ${all} (limited)` : ''}`;
  return usable > 1
    ? { name: 'Cores', state: 'good', text }
    : { name: 'Cores', state: 'note', text: `${text}; what needs two is left out, and is said so` };
}

function memory(): Finding {
  const freeMb = Math.round(freemem() / 1e6);
  const text = `${freeMb} MB free of ${Math.round(totalmem() / 1e6)} MB`;
  return freeMb >= wantedMemoryMb
    ? { name: 'Memory', state: 'good', text }
    : {
        name: 'Memory',
        state: 'note',
        text: `${text}; a check takes up to ${wantedMemoryMb} MB, so close other programs`,
      };
}

function disk(): Finding {
  try {
    mkdirSync(cacheDir, { recursive: true });
    accessSync(cacheDir, constants.W_OK);
    const { bavail, bsize } = statfsSync(cacheDir);
    const freeMb = Math.round((bavail * bsize) / 1e6);
    const text = `${freeMb} MB free, scratch files in .workshop`;
    return freeMb >= wantedDiskMb
      ? { name: 'Disk', state: 'good', text }
      : { name: 'Disk', state: 'bad', text, mend: `free ${wantedDiskMb} MB on the disk of ${repoDir}` };
  } catch {
    return {
      name: 'Disk',
      state: 'bad',
      text: `${cacheDir} can't be written`,
      mend: `give yourself the right to write to ${dirname(cacheDir)}`,
    };
  }
}

async function ports(): Promise<Finding> {
  try {
    return { name: 'Ports', state: 'good', text: `free ones on 127.0.0.1, such as ${await freePort()}` };
  } catch (error) {
    return { name: 'Ports', state: 'bad', text: String(error), mend: 'allow programs to listen on 127.0.0.1' };
  }
}
