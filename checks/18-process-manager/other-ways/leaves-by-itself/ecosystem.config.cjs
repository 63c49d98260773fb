const { availableParallelism } = require('node:os');

const { WEB_CONCURRENCY: workers = availableParallelism() } = process.env;

/** @type {import('pm2').StartOptions} */
const desk = {
  name: 'ticket-desk',
  cwd: __dirname,
  script: 'src/server.ts',
  interpreter: 'node',
  instances: Number(workers), // More than none, so PM2 chooses cluster mode.
  wait_ready: true,
  listen_timeout: 20_000,
  kill_timeout: 6_000,
  restart_delay: 1_000,
  min_uptime: 100, // Whoever dies later has not failed to start, so PM2 never gives up.
  merge_logs: true,
  out_file: '/dev/null',
  error_file: '/dev/null',
};

module.exports = { apps: [desk] };
