import type { Answer, Stage } from '../harness/sdk/index.ts';
import type { BestSeats } from './reference.ts';

export function mustBeBest(t: Stage, answer: Answer, expected: BestSeats): void {
  answer.mustBe(200);
  const { view, price, seats } = answer.json ?? {};
  t.require(view === expected.view && price === expected.price && String(seats) === String(expected.seats), {
    expected: `hall ${expected.venue} for ${expected.party}: ${expected.seats.join(' ')}, view ${expected.view}, price ${expected.price}`,
    seen: answer.text.slice(0, 160),
    because:
      view === expected.view && answer.json?.venue === expected.venue && answer.json?.party === expected.party
        ? 'These seats are as good. Of equals the contract names one: in the block nearest the stage, then furthest left, then the first seats.'
        : 'The answer is not the best choice of seats, or not the one that was asked for.',
  });
}

/** An accepted search of the crowd: the answer to the question that was asked, and the right one where we know it. */
export function mustBeOwn(t: Stage, answer: Answer, sample: BestSeats[]): void {
  const asked = Number(/venues\/(\d+)/.exec(answer.request)?.[1]);
  t.require(answer.json?.venue === asked, {
    step: answer.request,
    expected: `the seats of hall ${asked}`,
    seen: answer.text.slice(0, 80),
    because: 'The answer belongs to another request: answers get mixed up on their way back from the search.',
  });
  const party = Number(/party=(\d+)/.exec(answer.request)?.[1]);
  const known = sample.find((best) => best.venue === asked && best.party === party);
  if (known) mustBeBest(t, answer, known);
}

/** @param lastSearch when the last search was answered, if they all have been. */
export function mustSayWhen(t: Stage, refusal: Answer, lastSearch = Number.POSITIVE_INFINITY): void {
  const when = refusal.headers['retry-after'];
  t.require(/^[1-9]\d*$/.test(when ?? '') || isLater(when, refusal.headers.date), {
    step: '503 to the surplus',
    expected: 'a Retry-After header with whole seconds, or with a date to come',
    seen: when ?? 'none',
    because:
      when === undefined
        ? 'Without Retry-After, everybody who was turned away comes back at once, and the crowd is as large as before.'
        : 'A Retry-After that says no time to wait, or that nobody can read, turns nobody away for long.',
    lookAt: 'which headers does the 503 carry?',
  });
  t.require(refusal.arrivedAt < lastSearch, {
    step: '503 to the surplus',
    expected: 'a refusal at once, while the accepted searches still run',
    seen: `one ${inMs(refusal.arrivedAt - lastSearch)} after the last search was answered`,
    because: 'Whoever is turned away waited as long as the others, for nothing.',
  });
}

/** HTTP's form of a date, "Fri, 08 Jan 2027 10:00:00 GMT", and after the one of the answer, if that has one. */
function isLater(text = '', sent = ''): boolean {
  const at = /^\w{3}, \d{2} \w{3} \d{4} [\d:]{8} GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return at > (Date.parse(sent) || 0);
}

export function inMs(ms: number): string {
  return `${Math.round(ms).toLocaleString('en-GB')} ms`;
}
