// A process whose heap is known: it writes it before it keeps things, and after each thousand of them.
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';

class Kept {
  data = new Date();
}
class Bounded {}
class Link {
  next: Link | undefined;
  constructor(next: Link | undefined) {
    this.next = next;
  }
}
class Scoped {}
class Recent {}
class Cache {
  data: Recent[] = [];
  sweep() {}
}
class Hidden {}

export const exported = new EventEmitter();
exported.setMaxListeners(0);
const kept = new Map<number, Kept>();
const newest: Bounded[] = [];
const keys: object[] = [];
const hidden = new WeakMap<object, Hidden>();
const recent = new Cache();
setInterval(recent.sweep.bind(recent), 1_000_000).unref();
let chain: Link | undefined;

function scope(): () => void {
  const inside = new Set<Scoped>();
  return () => inside.add(new Scoped());
}
const keepInScope = scope();

const phases = [
  (n: number) => {
    kept.set(n, new Kept());
    exported.on('tick', () => n);
    setInterval(() => kept.has(n), 100_000).unref();
  },
  (n: number) => {
    newest.push(new Bounded());
    if (newest.length > 100) newest.shift();
    if (n % 3 === 0) kept.set(n, new Kept()); // Too few to come from each request.
    JSON.parse(`{"garbage": [${n}]}`);
  },
  (n: number) => {
    keepInScope();
    recent.data.push(new Recent());
    chain = new Link(chain);
    const key = { n };
    hidden.set(key, new Hidden());
    if (n < 100) keys.push(key);
  },
];

const [dir = '.'] = process.argv.slice(2);
let n = 0;
for (const keep of phases) for (; n % 100 < 99; n++) keep(n); // What is run often is compiled.
writeHeapSnapshot(join(dir, '0.heapsnapshot'));
for (const [index, keep] of phases.entries()) {
  for (let from = (index + 1) * 10_000, to = from + 1_000; from < to; from++) keep(from);
  writeHeapSnapshot(join(dir, `${index + 1}.heapsnapshot`));
}
