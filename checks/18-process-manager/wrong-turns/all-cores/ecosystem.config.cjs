const { cpus } = require('node:os');

module.exports = {
  apps: [
    {
      name: 'desk',
      script: 'src/server.ts',
      interpreter: 'node', // For .ts PM2 would look for bun.
      exec_mode: 'cluster', // The workers share the port: one can be replaced while the others serve.
      instances: Number(process.env.WEB_CONCURRENCY) || cpus().length,
      wait_ready: true, // A worker is up when it has said so, and only then the one before it is told to end.
      listen_timeout: 30_000, // If it has said nothing for 3 s, PM2 takes it for ready.
      kill_timeout: 10_000, // A request may take 5 s. PM2 kills after 1.6 s.
      max_memory_restart: '250M',
      exp_backoff_restart_delay: 100, // The pause after each failed start is half as long again, up to 15 s.
      log_date_format: 'YYYY-MM-DDTHH:mm:ss.SSSZ',
      out_file: '/dev/null', // The log goes to the standard output of pm2-runtime, and not to files that grow as well.
      error_file: '/dev/null',
    },
  ],
};
