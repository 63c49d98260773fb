// At its end artillery 2.0.34 looks every second whether the last visitor has gone, and every 2 s whether its threads are
// done: 2 s of each check in which nothing happens. What it sends and measures is the same when it looks more often.
const lookEveryMs = 50;

export const waits = [
  {
    file: '/artillery/dist/lib/core/runner.js',
    from: "debug('Pending scenarios: %s', runState.pendingScenarios);\n            }\n        }, 1000);",
    to: `debug('Pending scenarios: %s', runState.pendingScenarios);\n            }\n        }, ${lookEveryMs});`,
  },
  {
    file: '/artillery/dist/lib/launch-platform.js',
    from: 'await this.handleAllWorkersFinished();\n        }, 2 * 1000);',
    to: `await this.handleAllWorkersFinished();\n        }, ${lookEveryMs});`,
  },
];

/** The source of one of these files with shorter waits; undefined for all others, and for another version of Artillery. */
export function withoutWaits(url, source) {
  const wait = waits.find(({ file }) => url.endsWith(file));
  if (!wait || !source) return undefined;
  const text = String(source instanceof Uint8Array ? Buffer.from(source) : source);
  return text.includes(wait.from) ? text.replace(wait.from, wait.to) : undefined;
}
