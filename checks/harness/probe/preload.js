// Loaded with --import into every Node process and thread of the app. It tells the check what only the process itself
// can know: event-loop delay and utilisation, CPU time, heap, threads. It adds nothing that the app can see: no global,
// no handle that keeps the process alive, no output.
import { connect } from 'node:net';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

const address = /^(\d+)\/(\w+)$/.exec(process.env.ENCORE_PROBE ?? '');
if (isMainThread && address) report(Number(address[1]), address[2]);

function report(port, app) {
  const resolutionMs = 10;
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  let threadsCreated = 0;
  process.on('worker', () => threadsCreated++);

  // The histogram holds the time between two timer ticks: without any delay that is the resolution.
  const delayMs = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  const commands = {
    reset() {
      delay.reset();
      utilization = performance.eventLoopUtilization();
      cpu = process.cpuUsage();
      return {};
    },
    read() {
      const used = process.cpuUsage(cpu);
      const { heapUsed, rss } = process.memoryUsage();
      return {
        eventLoopDelay: {
          p50: delayMs(delay.percentile(50)),
          p99: delayMs(delay.percentile(99)),
          max: delayMs(delay.max),
        },
        elu: performance.eventLoopUtilization(utilization).utilization,
        cpuMs: (used.user + used.system) / 1000,
        heapUsed,
        rss,
        threadsCreated,
      };
    },
    gc() {
      setFlagsFromString('--expose-gc');
      runInNewContext('gc')();
      return {};
    },
  };

  const socket = connect({ port, host: '127.0.0.1' });
  socket.unref();
  socket.setNoDelay(true);
  socket.on('error', () => {}); // The check has ended before the app.
  socket.write(`${JSON.stringify({ app, pid: process.pid })}\n`);
  let pending = '';
  socket.on('data', (chunk) => {
    pending += chunk;
    for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
      const { id, command } = JSON.parse(pending.slice(0, end));
      pending = pending.slice(end + 1);
      socket.write(`${JSON.stringify({ id, answer: commands[command]?.() ?? {} })}\n`);
    }
  });
}
