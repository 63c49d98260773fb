import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import lesson from './lesson.ts';

const sheet = 'src/diagnosis.json';
const route = '/orders';
const operation = 'offers';
const operations = ['events', 'event', 'stats', 'offers', 'audit'];
const lookAt =
  'npm run dev lesson-17, send some requests to each route, and read your own metrics: sum ÷ count of each operation';

export function diagnosisBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'diagnosis',
    'the diagnosis names the slow route, the call that makes it slow, and how slow that is',
    {
      because: 'The figures say something else.',
      lookAt,
    },
    mustName,
  );
}

/** What the lesson's supplier takes for that call, which lesson.ts says. */
function trueSeconds(): number {
  const { latencyMs = 0, slow = {} } = lesson.supplier ?? {};
  return (latencyMs * (slow['GET /offers'] ?? 1)) / 1_000;
}

async function mustName(t: Stage): Promise<void> {
  const text = t.answerSheet(sheet);
  let given: Record<string, unknown> | undefined;
  try {
    given = JSON.parse(text ?? '');
  } catch {}
  t.require(given && typeof given === 'object', {
    step: sheet,
    expected: '{"route","operation","p95Seconds"}',
    seen: text === undefined ? 'no such file' : 'no JSON object',
    because: 'The check reads your diagnosis from this file.',
    lookAt: `${sheet}, as the starter has it`,
  });
  const { route: named = '', operation: blamed = '', p95Seconds = 0 } = given ?? {};
  t.require(named !== '' && blamed !== '', {
    step: sheet,
    expected: 'a route and an operation',
    seen: 'nothing yet',
    because: 'The metrics are there. Now they can say why customers wait.',
    lookAt,
  });
  t.require(String(named).replace(/^POST\s+/, '') === route, {
    step: sheet,
    expected: 'the route whose requests take longest',
    seen: `"${named}"`,
    because: 'Another route takes longer than this one.',
    lookAt: 'for each route: http_request_duration_seconds_sum ÷ _count',
  });
  t.require(blamed === operation, {
    step: sheet,
    expected: 'the operation that takes most of the time of this route',
    seen: `"${blamed}"`,
    because: operations.includes(String(blamed))
      ? 'An order waits for several calls, and another one of them takes most of the time.'
      : `No operation has this name. The label has the names of the methods in src/supplier.ts: ${operations.join(', ')}.`,
    lookAt: 'for each operation: supplier_request_duration_seconds_sum ÷ _count',
  });
  const seconds = Number(p95Seconds);
  const truth = trueSeconds();
  t.require(seconds >= truth / 2 && seconds <= truth * 2, {
    step: sheet,
    expected: 'the p95 of this operation in seconds, within a factor of two',
    seen: `${p95Seconds}`,
    because: 'Of all calls 95 in 100 end within the p95, and the buckets say how many end within each bound.',
    lookAt: 'the first bucket of this operation whose count is at least 95 % of its _count',
  });
}
