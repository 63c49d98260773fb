import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, excerpt, type Instance, plainRequest, type Stage } from '../harness/sdk/index.ts';
import { ada, ask, askAll, order, type Question, touch } from './ask.ts';
import { metricsUrl, scrape } from './scrape.ts';

const prometheusAccepts =
  'application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

/** A little more than a scrape may be old. */
const textKeptMs = 1_100;

export function formatBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'routes',
    'the routes answer as the README’s table says',
    {
      because: 'An answer is not what the README’s table says.',
      lookAt: 'what has changed in the answers besides being measured?',
    },
    async (t) => {
      const app = t.app();
      const got = (path: string, status = 200): Question => ['GET', path, { status }];
      const ordered = (status: number, body: unknown, headers = {}): Question => [
        'POST',
        '/orders',
        { status, body, headers },
      ];
      // Side by side: an order of a customer takes long.
      const replies = await askAll(t, app, [
        got('/seats'),
        got('/events?city=oslo'),
        got('/events/12'),
        ordered(201, order),
        ordered(201, order, ada),
        got('/health'),
        got('/events/none', 404),
        got('/nothing', 404),
        ordered(400, { event: '12', seats: 0 }),
        ordered(400, { event: 12, seats: 1 }),
        ordered(400, {}),
        ordered(404, { event: 'none', seats: 1 }),
        ordered(502, order, { authorization: 'Bearer nobody' }),
      ]);
      const [seats, list, event, plain, offered] = replies.slice(0, 5).map((reply) => json(t, reply));
      t.require(Number.isInteger(seats?.seatsLeft), {
        step: 'GET /seats',
        expected: '{"seatsLeft"}',
        seen: JSON.stringify(seats).slice(0, 60),
      });
      t.require(Array.isArray(list) && list.every((event) => event?.city === 'oslo') && list.length === 10, {
        step: 'GET /events?city=oslo',
        expected: 'ten events of Oslo',
        seen: JSON.stringify(list).slice(0, 60),
      });
      t.require(event?.id === '12', { step: 'GET /events/12', expected: '{"id":"12"}', seen: String(event?.id) });
      const [full, less] = [2 * event.priceCents, Math.round(1.6 * event.priceCents)];
      t.require(plain?.totalCents === full && offered?.totalCents === less, {
        step: 'POST /orders for two seats, without and with 20 % off',
        expected: `${full} and ${less} cents`,
        seen: `${plain?.totalCents} and ${offered?.totalCents}`,
      });
    },
  );

  behaviour(
    'format',
    'METRICS_PORT serves figures that Prometheus can read, and PORT does not',
    {
      because: 'Prometheus asks GET /metrics on METRICS_PORT, and reads nothing but its own format.',
      lookAt: 'who listens on METRICS_PORT, and with which content type does it answer?',
    },
    async (t) => {
      const app = t.app();
      for (const path of ['/health', '/seats', '/events', '/events/none'])
        await ask(t, app, 'GET', path, { status: path === '/events/none' ? 404 : 200 });
      await scrape(t, app);
      const reply = await plainRequest(metricsUrl(app));
      const type = reply.contentType ?? 'none';
      t.require(isPlainText(type), {
        step: 'GET /metrics on METRICS_PORT',
        expected: 'content type text/plain; version=0.0.4',
        seen: type,
        because: 'By the content type Prometheus knows how to read a scrape. Without a right one it drops all of it.',
        lookAt: 'which content type does the library name for its text?',
      });
      await mustBeWhatItSays(t, app);
      for (const path of ['/metrics', '/metrics/', '/METRICS']) {
        const open = await plainRequest(app.url + path);
        touch(app);
        t.require(open.status === 404, {
          step: `GET ${path} on PORT`,
          expected: '404',
          seen: `${open.status}`,
          because: 'Every visitor can read there what the shop sells, how often it fails, and what it is made of.',
          lookAt: 'which server has this route: that of the customers, or one of its own?',
        });
      }
    },
  );
}

function isPlainText(type: string): boolean {
  const [media = '', ...parameters] = type.toLowerCase().split(/\s*;\s*/);
  const version = parameters.find((parameter) => parameter.startsWith('version=')) ?? 'version=0.0.4';
  return media === 'text/plain' && version.replaceAll('"', '') === 'version=0.0.4';
}

/** Prometheus 2 names both formats, and reads the answer by the content type that it has. */
async function mustBeWhatItSays(t: Stage, app: Instance): Promise<void> {
  const { status, contentType, text } = await askForOpenMetrics(app);
  const type = contentType ?? 'none';
  const isOpen = type.toLowerCase().startsWith('application/openmetrics-text');
  const step = 'GET /metrics on METRICS_PORT, as Prometheus asks: OpenMetrics, or else the text format';
  t.require(status === 200 && (isOpen || isPlainText(type)), {
    step,
    expected: '200, as application/openmetrics-text, or as text/plain; version=0.0.4',
    seen: `${status}, as ${type}`,
    because: 'Prometheus says which formats it reads, and takes an answer in either of them. It drops any other.',
    lookAt: 'what does the app make of the Accept header?',
  });
  t.require(!isOpen || /(^|\n)# EOF\n?$/.test(text), {
    step,
    expected: '# EOF as the last line, which OpenMetrics must have',
    seen: text.slice(-60),
    because:
      'The content type says OpenMetrics, and the text is not. Prometheus reads it by its content type, and drops it whole.',
    lookAt: 'which format does the text have, and which one does the content type name?',
  });
  const accept = 'text/plain;version=0.0.4, application/openmetrics-text;q=0';
  const plain = await plainRequest(metricsUrl(app), { headers: { accept } });
  t.require(plain.status === 200 && isPlainText(plain.contentType ?? 'none') && !/\n# EOF\n?$/.test(plain.text), {
    step: `GET /metrics on METRICS_PORT, with Accept: ${accept}`,
    expected: '200, as text/plain; version=0.0.4',
    seen: `${plain.status}, as ${plain.contentType ?? 'none'}`,
    ...mentioned,
  });
}

/** A text that was made for somebody else may be a second old. After that, whoever asks first has one of his own. */
async function askForOpenMetrics(app: Instance) {
  const ask = () => plainRequest(metricsUrl(app), { headers: { accept: prometheusAccepts } });
  const until = performance.now() + textKeptMs;
  for (;;) {
    const reply = await ask();
    if (performance.now() > until || !isPlainText(reply.contentType ?? 'none')) return reply;
    await delay(100);
  }
}

const mentioned = {
  because:
    'The header names OpenMetrics with q=0: this client must not be sent it. Another one was sent it just before. It gets a format that it can’t read, and drops it.',
  lookAt:
    'does the app look for a name in Accept, or does it read the q behind it as well? Is a text kept for the next scrape, and by what is it found?',
};

/** The answer as JSON, of which a wrong app may send any. */
// biome-ignore lint/suspicious/noExplicitAny: what is read of it is judged.
function json(t: Stage, { text }: { text: string }): any {
  try {
    return JSON.parse(text);
  } catch {
    return t.require(false, { expected: 'an answer in JSON', seen: excerpt(text) });
  }
}
