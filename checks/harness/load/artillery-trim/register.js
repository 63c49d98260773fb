import { registerHooks } from 'node:module';
import { withoutWaits } from './without-waits.js';

// Artillery imports its cloud clients before it knows that it runs locally. package.json `overrides` leaves them out
// (190 MB less to download); this hook answers those imports with names that throw when somebody uses them.
const cloudClient = /^@(aws-sdk|azure|smithy)\//;
const leftOut = new URL('./left-out.js', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    cloudClient.test(specifier)
      ? { url: leftOut, format: 'module', shortCircuit: true }
      : nextResolve(specifier, context),
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const source = withoutWaits(url, loaded.source);
    return source === undefined ? loaded : { ...loaded, source };
  },
});
