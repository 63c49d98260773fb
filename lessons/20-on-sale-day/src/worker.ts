import { createMailer } from './mailer.ts';
import { settings } from './settings.ts';

// The platform team has given the shop a process for work that no customer waits for. Nothing has moved here yet.
const mailer = createMailer(settings.smtpUrl);
const idle = setInterval(() => {}, 60_000);

process.on('SIGTERM', () => {
  clearInterval(idle);
  mailer.close();
});
