const os = require('node:os');

const second = 1_000;

module.exports = {
  apps: {
    name: 'desk',
    script: './src/server.ts',
    interpreter: process.execPath,
    exec_mode: 'cluster',
    instances: process.env.WEB_CONCURRENCY ?? os.availableParallelism(),
    listen_timeout: 60 * second,
    kill_timeout: 8 * second,
    restart_delay: 1.5 * second,
    max_restarts: Number.MAX_SAFE_INTEGER,
    max_memory_restart: 260_000_000,
    log_type: 'json',
    output: '/dev/null',
    error: '/dev/null',
  },
};
