import { setTimeout as delay } from 'node:timers/promises';
import { MachineWatch, type MinuteOptions, type MinuteShown, type Stage } from '../harness/sdk/index.ts';
import { type Asked, ask, isUnanswered, jsonOf, keptAgent } from './ask.ts';
import { Customer } from './customers.ts';
import { lookedAt, Mix } from './mix.ts';
import { pace } from './pace.ts';
import { type Happened, Program } from './program.ts';
import { Rushes } from './rushes.ts';
import { type Script, scriptFor } from './script.ts';

/** Customers who have logged in before ten o'clock, and as many who come later. */
const early = 60;
const late = 60;
/** A customer gives up then. Many who wait would take all connections of this process. */
const withinMs = 5_000;
/** How often each event is looked at before ten o'clock, so that nothing is compiled only then. */
const warmUpRounds = 20;
/** How often the generator looks whether requests are due. */
const tickMs = 10;

/** An order that was answered with 201. */
export interface Accepted {
  id: number;
  who: number;
  event: number;
  seats: number;
}

/** All that is known of the minute, by which the parts and the rules are judged. */
export interface Minute extends MinuteShown {
  asked: readonly Asked[];
  accepted: readonly Accepted[];
  customers: readonly Customer[];
  happened: Happened;
  /** performance.now() of its beginning and of its last answer. */
  from: number;
  to: number;
  script: Script;
  /** Cores that other programs kept busy meanwhile. */
  otherCoresBusy: number | undefined;
}

/** Sends the requests of the minute, open: none waits for the answer to another. Meanwhile the program happens. */
export async function runMinute(t: Stage, options: MinuteOptions): Promise<Minute> {
  const script = scriptFor(options);
  const { seconds } = script;
  const { ratePerS, note } = await pace(script.name);
  const customers = Array.from({ length: early }, (_, n) => new Customer(n + 1));
  const newcomers = Array.from({ length: late }, (_, n) => new Customer(early + n + 1));
  const agent = keptAgent();
  const asked: Asked[] = [];
  const accepted: Accepted[] = [];
  const open = new Set<Promise<unknown>>();
  const mix = new Mix(customers, newcomers, accepted);
  const keep = (answer: Asked) => {
    asked.push(answer);
    if (answer.route === 'POST /orders' && answer.status === 201 && answer.who !== undefined) {
      const { id, event, seats } = jsonOf(answer) ?? {};
      accepted.push({ id, event, seats, who: answer.who });
    }
    if (answer.status === 200 && answer.headers.etag) mix.etags.set(answer.path, answer.headers.etag);
    return answer;
  };
  const track = (sent: Promise<unknown>) => {
    open.add(sent);
    void sent.finally(() => open.delete(sent));
  };
  const send = () => {
    const { question, customer, logsIn } = mix.next();
    if (logsIn && customer) track(customer.logIn(t.url, { agent, withinMs, route: 'POST /login' }).then(keep));
    else track((customer ?? nobody).ask(t.url, { ...question, agent, withinMs }).then(keep));
  };

  for (let round = 0; round < warmUpRounds; round++)
    await Promise.all(
      ['/events', ...lookedAt.map((event) => `/events/${event}`)].map((path) => ask(t.url, { path, agent })),
    );
  await t.supplier.reset();
  t.smtp.reset();
  for (let n = 0; n < customers.length; n += 10)
    await Promise.all(customers.slice(n, n + 10).map((customer) => customer.logIn(t.url, { agent })));
  const watch = new MachineWatch();
  const from = performance.now();
  const program = new Program(t, { from, script });
  const rushes = new Rushes(t.url, { from, script, customers, agent, keep });
  let sent = 0;
  for (let at = 0; at < seconds; at = (performance.now() - from) / 1_000) {
    for (const due = Math.floor(at * ratePerS); sent < due; sent++) send();
    await delay(tickMs);
  }
  await Promise.all([...open]);
  await rushes.done;
  const happened = await program.end();
  const to = performance.now();
  agent.destroy();
  const all = [...asked].sort((one, other) => one.at - other.at);
  return {
    asked: all,
    accepted,
    customers,
    happened,
    from,
    to,
    script,
    otherCoresBusy: watch.otherCoresBusy(),
    requests: all.length,
    seconds,
    note: `${note}; ${accepted.length} orders accepted`,
    events: happened.events.map(({ at, what }) => ({ atMs: Math.round(at - from), what })),
    everySecond: bySecond(all, from, seconds),
  };
}

const nobody = new Customer(0);

function bySecond(all: readonly Asked[], from: number, seconds: number) {
  const everySecond = Array.from({ length: seconds }, () => ({ good: 0, refused: 0, failed: 0 }));
  for (const answer of all) {
    const second = everySecond[Math.floor((answer.at - from) / 1_000)];
    if (!second) continue;
    if (isUnanswered(answer) || answer.status >= 500) second.failed++;
    else if (answer.status >= 400) second.refused++;
    else second.good++;
  }
  return everySecond;
}
