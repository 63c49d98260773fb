import type { ServiceKind } from '../service.ts';
import type { SmtpHandle } from './handle.ts';
import { startSmtp } from './sink.ts';

export const smtpService: ServiceKind<SmtpHandle> = {
  title: 'the SMTP server',
  fix: 'check again',
  open: () => startSmtp(),
};
