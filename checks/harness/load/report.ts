import type { Target } from '../model/lesson.ts';
import type { TargetResult } from '../model/result.ts';
import { type Failure, Inconclusive } from '../model/verdict.ts';
import type { ArtilleryReport } from './artillery.ts';

/** What became of the requests of a load run. */
export interface Answers {
  requests: number;
  /** From the first to the last event that Artillery counted. */
  seconds: number;
  /** Set unless every request got a good answer. */
  failure?: Failure;
  /** A busy machine could explain the failure: time-outs and 5xx, but no wrong answers. */
  excusable: boolean;
}

/**
 * Counts: every virtual user that was made has completed, every request was answered, every answer was 2xx, or has a status
 * that the lesson's load provokes.
 * Artillery itself exits 0 when a server refuses every connection, so nothing is taken for granted.
 * @throws {Inconclusive} when the generator did not do its part.
 */
export function readAnswers(
  { counters, firstMetricAt, lastMetricAt }: ArtilleryReport,
  alsoRight: readonly number[] = [],
): Answers {
  const count = (name: string) => counters[name] ?? 0;
  const seconds = Math.round((lastMetricAt - firstMetricAt) / 100) / 10;
  const requests = count('http.requests');
  if (count('vusers.created') === 0 || requests === 0) {
    throw new Inconclusive('Artillery sent no requests', 'npm run doctor, then check again');
  }
  if (count('vusers.skipped') > 0) {
    throw new Inconclusive(
      `Artillery left out ${count('vusers.skipped')} virtual users`,
      'close other programs and check again',
    );
  }
  const codes = byPrefix(counters, 'http.codes.');
  const bad = codes.filter(([code]) => !code.startsWith('2') && !alsoRight.includes(Number(code)));
  const errors = byPrefix(counters, 'errors.');
  const unanswered = requests - count('http.responses');
  const problems = [
    ...bad.map(([code, n]) => `${n} answers were ${code}`),
    ...errors.map(([name, n]) => `${n} requests ended with ${name}`),
    ...(unanswered > 0 && errors.length === 0 ? [`${unanswered} requests got no answer`] : []),
    ...(count('vusers.completed') !== count('vusers.created') && errors.length === 0
      ? [`${count('vusers.created') - count('vusers.completed')} virtual users did not finish`]
      : []),
  ];
  if (problems.length === 0) return { requests, seconds, excusable: false };
  const wrong = bad.some(([code]) => !code.startsWith('5'));
  return {
    requests,
    seconds,
    excusable: !wrong,
    failure: {
      kind: 'target',
      trail: [{ what: `the load run, ${requests} requests in ${seconds} s` }],
      expected: 'a 2xx answer to every request',
      seen: problems.join('; '),
      because: wrong
        ? 'Either a behaviour does not hold yet (npm run check says which), or it holds for one request at a time and not for many.'
        : 'Under load some requests fail. Each of them is a customer who sees an error.',
      lookAt: "npm run dev for this lesson, and the app's own output while the load runs",
    },
  };
}

/** The targets that the run has figures for. */
export function readTargets({ summaries }: ArtilleryReport, targets: readonly Target[]): TargetResult[] {
  return targets.flatMap(({ title, endpoint, statistic, atMostMs }) => {
    const summary = summaries[`plugins.metrics-by-endpoint.response_time.${endpoint}`];
    if (!summary) return [];
    const measuredMs = Math.round(summary[statistic]);
    return { title, endpoint, atMostMs, measuredMs, met: measuredMs <= atMostMs };
  });
}

function byPrefix(counters: Record<string, number>, prefix: string): [string, number][] {
  return Object.entries(counters).flatMap(([name, n]) =>
    name.startsWith(prefix) && n > 0 ? [[name.slice(prefix.length), n]] : [],
  );
}
