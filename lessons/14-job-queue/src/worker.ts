import { createMailer } from './mailer.ts';
import { redisOfWorker } from './redis.ts';

// The platform team has given the order desk a second process, for work that no customer waits for. Nothing has moved here
// yet.
const connections = Number(process.env.SMTP_CONNECTIONS ?? 5);

const redis = redisOfWorker();
const mailer = createMailer(process.env.SMTP_URL ?? 'smtp://127.0.0.1:1025', connections);

process.on('SIGTERM', () => {
  mailer.close();
  redis.disconnect();
});
