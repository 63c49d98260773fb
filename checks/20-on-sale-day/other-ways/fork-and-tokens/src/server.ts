import { settings } from './settings.ts';
import { supervise } from './supervisor.ts';
import { startWeb } from './web.ts';

if (process.argv[2] === 'web') await startWeb();
else
  supervise({
    processes: settings.workers,
    metricsPort: settings.metricsPort,
    killAfterMs: settings.shutdownTimeoutMs + 500,
  });
