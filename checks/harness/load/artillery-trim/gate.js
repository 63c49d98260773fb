// Loads Artillery and waits for its arguments: loading takes a second, and may go on while behaviours are still judged.
import { once } from 'node:events';

const [folder] = process.argv.slice(2);
const left = () => process.exit(1); // No load is wanted any more.
process.once('disconnect', left);
const given = once(process, 'message'); // It may come while we still load.
const { createGlobalObject } = await import(new URL('dist/lib/artillery-global.js', folder).href);
await createGlobalObject(); // Its modules read it while they are imported.
await import(new URL('dist/lib/cmds/run.js', folder).href);

const [args] = await given;
process.off('disconnect', left);
process.disconnect();
process.argv.splice(2, Infinity, ...args);
await import(new URL('bin/run', folder).href);
