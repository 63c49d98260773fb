import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What the learner writes. */
export const configName = 'nginx.conf';

/** What nginx.conf includes and a deploy writes: where to listen, where the app is, and what belongs to the machine. */
export interface Addresses {
  port: number;
  upstreams: readonly { host: string; port: number }[];
}

/**
 * Lays out a folder for one start of nginx: a copy of the lesson's folder, so that relative paths of the configuration lead
 * to the learner's files, and the three files that it includes. What nginx writes stays in there, too.
 */
export function layOutSite(inside: string, subjectDir: string, { port, upstreams }: Addresses): string {
  const dir = mkdtempSync(join(inside, 'nginx-'));
  cpSync(subjectDir, dir, { recursive: true, filter: (from) => !['node_modules', '.git'].includes(basename(from)) });
  for (const folder of ['run', 'logs', 'tmp']) mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, 'listen.conf'), `listen 127.0.0.1:${port};\n`);
  writeFileSync(join(dir, 'upstreams.conf'), upstreams.map(({ host, port }) => `server ${host}:${port};\n`).join(''));
  writeFileSync(join(dir, 'machine.conf'), machineLines);
  return dir;
}

export const hasConfig = (subjectDir: string): boolean => existsSync(join(subjectDir, configName));

const machineLines = `access_log logs/access.log;
client_body_temp_path tmp/body;
proxy_temp_path tmp/proxy;
fastcgi_temp_path tmp/fastcgi;
uwsgi_temp_path tmp/uwsgi;
scgi_temp_path tmp/scgi;
`;
