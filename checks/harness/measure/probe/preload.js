// Loaded with --import into every Node process and thread of the app. It tells the check what only the process itself
// can know: event-loop delay and utilisation, CPU time, heap, threads. It adds nothing that the app can see: no global,
// no handle that keeps the process alive, no output.
import { subscribe } from 'node:diagnostics_channel';
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:net';
import { createHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { queryObjects, setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

const address = /^(\d+)\/(\w+)$/.exec(process.env.ENCORE_PROBE ?? '');
if (isMainThread && address) report(Number(address[1]), address[2]);

// The profiler takes a thread that waits for work in Atomics.wait for a busy one, as those of Piscina do. By the name of
// this function, such samples are told from work. Only an app that is being profiled gets it.
if (/--cpu-prof\b/.test(process.env.NODE_OPTIONS ?? '')) {
  const wait = Atomics.wait;
  Atomics.wait = function waiting(...args) {
    return wait(...args);
  };
}

function report(port, app) {
  const resolutionMs = 10;
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  let threadsCreated = 0;
  process.on('worker', () => threadsCreated++);

  // A loop is also late when the machine gives its thread no core. The thread's own CPU time between two ticks tells that
  // apart: only what runs on the loop uses it. Node before 23.9 can't tell.
  const held = process.threadCpuUsage && createHistogram();
  if (held) {
    const threadCpuUsage = process.threadCpuUsage.bind(process);
    let last = threadCpuUsage();
    setInterval(() => {
      const now = threadCpuUsage();
      held.record(Math.max(1, (now.user - last.user + now.system - last.system) * 1000));
      last = now;
    }, resolutionMs).unref();
  }

  // When the process tried to connect, by port: a port that is closed sees nothing of an attempt. Watched from the first question on.
  let dials;
  const watchDials = () => {
    dials = {};
    subscribe('net.client.socket', ({ socket }) => {
      socket.on('connectionAttempt', (_host, to) => {
        dials[to] ??= [];
        dials[to].push(Date.now());
      });
    });
  };

  // What takes minutes happens in seconds: timers that are set meanwhile end so many times sooner. Not those of
  // AbortSignal.timeout and of sockets. Replaced from the first question on.
  let pace;
  const replaceTimers = () => {
    const timers = process.getBuiltinModule('node:timers');
    const promises = process.getBuiltinModule('node:timers/promises');
    const { setTimeout: plain, setInterval: plainInterval } = timers;
    const { setTimeout: plainPromise } = promises;
    const soon = (ms) => (pace === 1 ? ms : ms / pace);
    const replace = (name, was, now) => {
      Object.defineProperties(now, Object.getOwnPropertyDescriptors(was));
      timers[name] = now;
      globalThis[name] = now;
    };
    replace('setTimeout', plain, (act, ms, ...more) => plain(act, soon(ms), ...more));
    replace('setInterval', plainInterval, (act, ms, ...more) => plainInterval(act, soon(ms), ...more));
    promises.setTimeout = (ms, ...more) => plainPromise(soon(ms), ...more);
    const plainSignal = AbortSignal.timeout;
    AbortSignal.timeout = (ms) => plainSignal.call(AbortSignal, pace === 1 ? ms : Math.ceil(soon(ms)));
    syncBuiltinESMExports();
  };

  // One context for all collections: a new one each time would itself be garbage in the figures.
  let collect;
  const exposedGc = () => {
    setFlagsFromString('--expose-gc');
    return runInNewContext('gc');
  };

  // Both histograms hold what passed between two timer ticks, in nanoseconds: without any delay that is the resolution.
  const delayMs = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  const summaryOf = (ticks) => ({
    p50: delayMs(ticks.percentile(50)),
    p99: delayMs(ticks.percentile(99)),
    max: ticks.count ? delayMs(ticks.max) : 0,
  });
  const commands = {
    reset() {
      delay.reset();
      held?.reset();
      utilization = performance.eventLoopUtilization();
      cpu = process.cpuUsage();
      return {};
    },
    read() {
      const used = process.cpuUsage(cpu);
      const { heapUsed, external, rss } = process.memoryUsage();
      return {
        eventLoopDelay: summaryOf(delay),
        eventLoopHeld: summaryOf(held ?? delay),
        elu: performance.eventLoopUtilization(utilization).utilization,
        cpuMs: (used.user + used.system) / 1000,
        heapUsed,
        external,
        rss,
        threadsCreated,
      };
    },
    // Of the whole life of this process, threads included: whoever asks takes differences.
    cpu() {
      const { user, system } = process.cpuUsage();
      return { cpuMs: (user + system) / 1000 };
    },
    // Ends the process in the one way after which --cpu-prof writes its files. On SIGTERM, whose default is to die at
    // once, it does not, and a handler of ours would change what the app does on SIGTERM.
    exit() {
      process.exit(0);
    },
    dials() {
      if (!dials) watchDials();
      return { dials };
    },
    hurry(times) {
      if (!pace) replaceTimers();
      pace = Number(times);
      return {};
    },
    // An exception that no code of the app can catch, as one in somebody's timer or callback.
    throw(code) {
      setTimeout(() => {
        const error = new Error('thrown in a timer of this process by the check');
        throw code ? Object.assign(error, { code }) : error;
      });
      return {};
    },
    gc() {
      collect ??= exposedGc();
      collect();
      return {};
    },
    // Collects garbage by itself, and stops the process for as long as it writes: up to a second for 10 MB.
    snapshot(file) {
      try {
        writeHeapSnapshot(`${file}-${process.pid}.heapsnapshot`);
        return {};
      } catch (error) {
        return { problem: error.message }; // A full disk. Thrown here, it would end the app.
      }
    },
    // What the process holds by now: whoever wants it without garbage asks for `gc` before.
    held() {
      const { heapUsed, external } = process.memoryUsage();
      const resources = {};
      for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
      return { held: { heapUsed, external, resources } };
    },
    // Walks the whole heap, which takes long when it is large.
    requests() {
      const { IncomingMessage } = process.getBuiltinModule('node:http');
      const warn = process.emitWarning;
      process.emitWarning = () => {}; // Experimental, it says, on the app's standard error.
      try {
        return { requests: queryObjects(IncomingMessage, { format: 'count' }) };
      } finally {
        process.emitWarning = warn;
      }
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
      const { id, command, argument } = JSON.parse(pending.slice(0, end));
      pending = pending.slice(end + 1);
      socket.write(`${JSON.stringify({ id, answer: commands[command]?.(argument) ?? {} })}\n`);
    }
  });
}
