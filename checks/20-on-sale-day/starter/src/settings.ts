const { env } = process;

/** What the platform tells every process of the shop. */
export const settings = {
  port: Number(env.PORT ?? 3000),
  metricsPort: Number(env.METRICS_PORT ?? 9464),
  databaseUrl: env.DATABASE_URL ?? 'postgresql://127.0.0.1:5432/encore',
  redisUrl: env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  supplierUrl: env.SUPPLIER_URL ?? 'http://127.0.0.1:4000',
  smtpUrl: env.SMTP_URL ?? 'smtp://127.0.0.1:1025',
  sessionSecret: env.SESSION_SECRET ?? 'only for development',
  ticketSecret: env.TICKET_SECRET ?? 'only for development',
  workers: Number(env.WEB_CONCURRENCY ?? 1),
  loginWindowS: Number(env.LOGIN_WINDOW_S ?? 60),
};
