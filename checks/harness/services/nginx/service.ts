import type { ServiceKind } from '../service.ts';
import { type NginxHandle, openNginx } from './handle.ts';
import { fixForNginx } from './index.ts';

export const nginxService: ServiceKind<NginxHandle> = {
  title: 'the nginx',
  fix: fixForNginx(),
  open: (options) => openNginx(options),
};
