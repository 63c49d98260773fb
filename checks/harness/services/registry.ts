import { nginxService } from './nginx/service.ts';
import { postgresService } from './postgres/service.ts';
import { redisService } from './redis/service.ts';
import { smtpService } from './smtp/service.ts';
import { supplierService } from './supplier/service.ts';

/** Every service that a lesson's app may talk to, or be talked to by, in the order in which they are opened. */
export const registry = {
  redis: redisService,
  postgres: postgresService,
  supplier: supplierService,
  smtp: smtpService,
  nginx: nginxService,
};

export type RegisteredName = keyof typeof registry;
/** What checks do with each of them. */
export type Handles = { [Name in RegisteredName]: Awaited<ReturnType<(typeof registry)[Name]['open']>> };
/** What a behaviour may ask for when it starts one of its own. */
export type StartOptions = { [Name in RegisteredName]: Parameters<(typeof registry)[Name]['open']>[1] };
