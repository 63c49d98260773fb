import { spawn, spawnSync } from 'node:child_process';
import express from 'express';

const app = express();
app.get('/', (_req, res) => res.send('ok'));
app.get('/secret', (_req, res) => res.sendStatus(401));
app.get('/robots.txt', (_req, res) => res.send('User-agent: *'));
// A daemon as daemons are made: the one between them ends at once; a session, a folder and an environment of its own. How long
// it sleeps is a number of its own, by which a test knows it among others.
const seconds = Number(process.env.LANG?.slice('C.'.length)) || 300;
const daemon = `cd / && exec env -i setsid sh -c 'sleep ${seconds} & exec sleep ${seconds + 1}' </dev/null >/dev/null 2>&1 &`;
spawn('sh', ['-c', daemon], { stdio: 'ignore', detached: true }).unref();
process.on('SIGTERM', () => process.exit(0));
// Each is a shell for some milliseconds: nobody asks before both sleep.
const looking = setInterval(() => {
  const commands = spawnSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).stdout.split('\n');
  if (![seconds, seconds + 1].every((each) => commands.includes(`sleep ${each}`))) return;
  clearInterval(looking);
  app.listen(Number(process.env.PORT));
}, 20);
