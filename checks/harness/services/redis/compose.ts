import { Inconclusive } from '../../model/verdict.ts';
import { findOnPath, runCommand } from '../../os/command.ts';
import { troubleIn } from '../../os/trouble.ts';
import type { Availability, Look, RedisProvider } from '../provider.ts';
import type { RedisAddress } from './address.ts';
import { shownAddress } from './address.ts';
import { claimDatabase } from './claim.ts';
import { connectOnce } from './connect.ts';

/** The command that brings a real Redis to a machine with Docker. */
export const composeUp = 'docker compose up -d redis';

const limitMs = 3_000;
const redisPort = 6379;

/** One container in the output of `docker compose ps --format json`; only the fields that we read. */
interface Container {
  Service?: string;
  State?: string;
  Publishers?: { URL?: string; TargetPort?: number; PublishedPort?: number }[] | null;
}

/** The Redis of docker-compose.yml, if somebody has brought it up. It may serve other checks too: a database is claimed. */
export function redisInCompose(look: Look): RedisProvider {
  return {
    name: 'Compose service',
    insisted: false,
    async available(): Promise<Availability> {
      try {
        const address = await findComposeRedis(look);
        (await connectOnce(address)).disconnect();
        return { ok: true, detail: `the service redis answers at ${shownAddress(address)}` };
      } catch (error) {
        if (troubleIn(error)) throw error;
        const fix = error instanceof Inconclusive ? { fix: error.fix } : {};
        return { ok: false, why: (error as Error).message, ...fix };
      }
    },
    start: async () => claimDatabase(await findComposeRedis(look), 'Compose service redis'),
  };
}

/** Where the service `redis` is published. Rejects with the reason when it is not. */
export async function findComposeRedis({ env, repoDir }: Look): Promise<RedisAddress> {
  const docker = findOnPath(['docker'], env);
  if (!docker) throw new Error('docker is not on PATH');
  const args = ['compose', 'ps', '--format', 'json'];
  const { exitCode, stdout, stderr } = await runCommand(docker, args, { env, cwd: repoDir, limitMs });
  if (exitCode !== 0)
    throw new Error(`docker compose does not work here: ${firstLine(stderr) || `exit code ${exitCode}`}`);
  const redis = parseContainers(stdout).find((one) => one.Service === 'redis' && one.State === 'running');
  if (!redis) throw new Inconclusive('the Compose service redis is not up', composeUp);
  const published = redis.Publishers?.find((one) => one.TargetPort === redisPort && one.PublishedPort);
  if (!published?.PublishedPort) throw new Inconclusive('the Compose service redis publishes no port', composeUp);
  const everywhere = ['', '0.0.0.0', '::'];
  const host = everywhere.includes(published.URL ?? '') ? '127.0.0.1' : (published.URL as string);
  return { host, port: published.PublishedPort, username: '', password: '', tls: false };
}

/** Compose before 2.21 prints one array, since then one object a line. */
function parseContainers(stdout: string): Container[] {
  try {
    const text = stdout.trim();
    if (text.startsWith('[')) return JSON.parse(text) as Container[];
    return text.split('\n').flatMap((line) => (line.trim().startsWith('{') ? [JSON.parse(line) as Container] : []));
  } catch {
    throw new Error('the output of docker compose ps is not understood');
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
