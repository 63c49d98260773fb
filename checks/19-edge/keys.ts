import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ask, inWords, jsonOf, type Question } from './ask.ts';

const cities = ['Berlin', 'Oslo', 'Lisbon', 'Vienna'];
const allCities = cities.join(', ');

/** Each is asked first, and looks like the address that is asked right behind it. What it gets is its own affair. */
const lookAlikes: { first: string; question?: Question; next: string }[] = [
  { first: '/events?City=Lisbon', next: '/events?city=Lisbon' },
  { first: '/events?%63ity=Berlin', next: '/events' },
  { first: '/events?city=Oslo&city=Berlin', next: '/events?city=Oslo' },
  { first: '/events?city=Lisbon&city=Berlin', next: '/events?city=Berlin' },
  { first: '/events?city=vienna', next: '/events?city=Vienna' },
  { first: '/events?x=1&city=Oslo', next: '/events?x=1' },
  { first: '/events?x=2city=Oslo', next: '/events?x=2&city=Oslo' },
  { first: '/events?city=Berlin-Mitte&x=3', next: '/events?city=Berlin&x=3' },
  { first: '/events?city=Lisbon%20&x=4', next: '/events?city=Lisbon&x=4' },
  { first: '/events?x=5&xcity=Vienna&city=Oslo', next: '/events?x=5&city=Vienna' },
  { first: '/events?city=%6Fslo&x=6', next: '/events?city=%4Fslo&x=6' },
  { first: '/events/Vienna', next: '/events/vienna' },
  { first: '/events/berlin-2', next: '/events/berlin' },
  { first: '/events?city=Oslo%26x=11', next: '/events?city=Oslo&x=11' },
  { first: '/events/oslo%3Fx=12', next: '/events/oslo?x=12' },
  { first: '/events/oslo?x=13', next: '/events/oslo%3Fx=13' },
  { first: '/events?x=7', question: { method: 'HEAD' }, next: '/events?x=7' },
  { first: '/events/lisbon', question: { method: 'HEAD' }, next: '/events/lisbon' },
  { first: '/events?x=8', question: { headers: { 'accept-encoding': 'gzip' } }, next: '/events?x=8' },
  { first: '/events?x=9', question: { headers: { range: 'bytes=0-9' } }, next: '/events?x=9' },
  { first: '/events?x=10', question: { headers: { 'if-none-match': '*' } }, next: '/events?x=10' },
];

export function keyBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'each-its-own',
    'each address has its own answer',
    {
      because: 'nginx gives one address what it has kept for another.',
      lookAt: 'what is the key under which nginx keeps an answer?',
    },
    async (t) => {
      for (let round = 1; round <= 2; round++) {
        for (const city of ['Berlin', 'Oslo', 'Lisbon', undefined])
          await mustBeItsOwn(t, city ? `/events?city=${city}` : '/events');
        for (const id of ['berlin', 'oslo', 'lisbon']) await mustBeItsOwn(t, `/events/${id}`);
      }
      // Of what was kept so far, nothing is left.
      await t.nginx.startAgain();
      for (const { first, question = {}, next } of lookAlikes) {
        await ask(t.url, first, question);
        const headers = Object.entries(question.headers ?? {}).map(([name, value]) => ` with ${name}: ${value}`);
        await mustBeItsOwn(t, next, `${question.method ?? 'GET'} ${first}${headers.join('')}, then `);
      }
    },
  );
}

/** The cities of the list, or the city of the one event. With another name there is none. */
async function mustBeItsOwn(t: Stage, path: string, before = ''): Promise<void> {
  const reply = await ask(t.url, path);
  const events = [jsonOf(reply)].flat() as ({ id?: string; city?: string } | undefined)[];
  const { pathname, searchParams } = new URL(path, t.url);
  const id = pathname.split('/')[2];
  const wanted = id ?? searchParams.get('city') ?? allCities;
  if (id?.includes('%'))
    return t.require(reply.status === 404, {
      step: `${before}GET ${path}`,
      expected: `404: no event is called “${decodeURIComponent(id)}”`,
      seen: inWords(reply),
    });
  const seen = events.map((event) => (id ? event?.id : event?.city)).join(', ');
  t.require(reply.status === 200 && seen === wanted, {
    step: `${before}GET ${path}`,
    expected: wanted,
    seen: reply.status === 200 ? seen || `no event, ${reply.body.length} bytes` : inWords(reply),
  });
}
