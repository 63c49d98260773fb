import type { BehaviourResult, CheckResult, LoadResult, PartResult, Score } from '../../checks/harness/model/result.ts';
import type { Failure } from '../../checks/harness/model/verdict.ts';
import { bold, dim, duration, green, lineWidth, red, spread, wrap, yellow } from './style.ts';

const indent = '      ';

/** One behaviour as lines: its outcome, and why when it does not hold. */
export function behaviourLines(result: BehaviourResult): string[] {
  if (result.part && result.outcome !== 'skipped' && result.outcome !== 'inconclusive')
    return partLines(result, result.part);
  const head = (mark: string) => headLines(mark, result.title, duration(result.elapsedMs));
  if (result.outcome === 'pass') return head(green('✔'));
  if (result.outcome === 'fail' && result.failure) return [...head(red('✘')), ...failureLines(result.failure)];
  const what = result.outcome === 'skipped' ? 'not judged' : 'inconclusive';
  return [...head(yellow('?')), ...reasonLines(what, result.reason ?? '', result.fix), ...openLines(result)];
}

/** A part of an exam that could still be judged. Without a fix, a skipped one is no part of this machine's score. */
function openLines({ part, outcome, fix }: BehaviourResult): string[] {
  if (!part || (outcome === 'skipped' && !fix)) return [];
  return wrap(`Until it is judged, it counts 0 of ${part.of} points.`, indent);
}

/** A part of an exam: its points, what was seen, and the lesson that teaches it. Why, where a point is missing. */
function partLines(
  { title, outcome, failure }: BehaviourResult,
  { points, of, lessons, seen = '' }: PartResult,
): string[] {
  const mark = outcome === 'pass' ? green('✔') : points > 0 ? yellow('✘') : red('✘');
  const figure = `${lessons.length > 1 ? 'lessons' : 'lesson'} ${lessons.join(', ')}`;
  const score = `${String(points).padStart(2)}/${String(of).padEnd(2)}`;
  const lines = headLines(`${mark} ${score}`, `${title}: ${seen}`, figure, ' '.repeat(10));
  if (outcome === 'pass' || !failure) return lines;
  const { because, lookAt, appOutput } = failure;
  // Where the app threw, its lines say more than the part can.
  return [...lines, ...teachingLines({ because, lookAt, ...(appOutput ? { appOutput } : {}) }, ' '.repeat(10))];
}

/** A title that fills more than a line goes on below; the figure stands at the end of its last line. */
function headLines(mark: string, title: string, figure: string, below = '    '): string[] {
  const lines = wrap(title, below, lineWidth() - figure.length - 1);
  const [first = '', ...rest] = [`  ${mark} ${lines[0]?.trimStart()}`, ...lines.slice(1)];
  const last = rest.pop() ?? first;
  return lines.length > 1 ? [first, ...rest, spread(last, dim(figure))] : [spread(first, dim(figure))];
}

function reasonLines(what: string, reason: string, fix: string | undefined): string[] {
  const [first = '', ...rest] = reason.split('\n');
  return [
    ...wrap(`${what}: ${first}`, indent),
    ...rest.map((line) => indent + line),
    ...(fix ? wrap(`to fix it: ${fix}`, indent) : []),
  ];
}

function failureLines(failure: Failure): string[] {
  const trail = failure.trail.slice(-6);
  const width = Math.min(44, Math.max(0, ...trail.map(({ what }) => what.length))) + 4;
  const steps = trail.map(({ what, answer = '' }) => `${what.padEnd(width - 1)} ${answer}`.trimEnd());
  // An unexpected status already stands at the end of the last step.
  const answered = trail.at(-1)?.answer;
  const atLastStep = answered !== undefined && failure.seen.startsWith(answered.split(',')[0] ?? '?');
  const last = steps.pop();
  return [
    ...steps.map((step) => indent + dim(step)),
    ...(last === undefined
      ? []
      : wrap(
          atLastStep
            ? `${last}${failure.seen.slice((answered.split(',')[0] ?? '').length)}, expected ${failure.expected}`
            : last,
          indent,
        )),
    ...(atLastStep
      ? []
      : [...wrap(`expected: ${failure.expected}`, indent), ...wrap(`seen:     ${failure.seen}`, indent)]),
    ...teachingLines(failure, indent),
  ];
}

function teachingLines(
  { because, lookAt, appOutput }: Pick<Failure, 'because' | 'lookAt' | 'appOutput'>,
  below: string,
): string[] {
  return [
    ...(because ? wrap(because, below).map((line) => bold(line)) : []),
    ...(lookAt ? wrap(`Look at: ${lookAt}`, below) : []),
    ...(appOutput?.length
      ? [dim(`${below}[your app] its last lines:`), ...appOutput.map((line) => dim(`${below}  │ ${line}`))]
      : []),
  ];
}

/** The target table of a load run. */
export function loadLines(load: LoadResult): string[] {
  const mark = load.outcome === 'pass' ? green('✔') : load.outcome === 'fail' ? red('✘') : yellow('?');
  const what = load.outcome === 'skipped' ? 'load: none' : `load: ${load.requests} requests in ${load.seconds} s`;
  return [
    spread(`  ${mark} ${what}`, dim(duration(load.elapsedMs))),
    ...(load.note ? wrap(load.note, indent).map((line) => dim(line)) : []),
    ...load.targets.map((target) => {
      const measured = `${target.measuredMs} ms`.padStart(10);
      return `${indent}${target.met ? green('✔') : red('✘')} ${target.title.padEnd(40)} ${measured}   target ${target.atMostMs} ms`;
    }),
    ...(load.failure ? failureLines(load.failure) : []),
    ...(load.reason
      ? reasonLines(load.outcome === 'skipped' ? 'not judged' : 'inconclusive', load.reason, load.fix)
      : []),
  ];
}

/** The last line of an exam. */
function scoreSummary(verdict: CheckResult['verdict'], behaviours: BehaviourResult[], score: Score): string {
  const { points, open, of, passAt } = score;
  const rules = behaviours.filter(({ rule, outcome }) => rule && outcome !== 'not-run');
  const broken = rules.filter(({ outcome }) => outcome === 'fail');
  const count = `${points} of ${of} points`;
  if (verdict === 'pass') return green(`pass: ${count}${rules.length > 0 ? ', and every rule holds' : ''}.`);
  if (verdict === 'inconclusive') {
    const left = open > 0 ? `, and ${open} could not be judged` : '';
    return yellow(`inconclusive: ${count}${left}. This is no judgement of your app.`);
  }
  if (of === 0 && rules.length === 0) return red('fail: the exam was not taken.');
  if (broken.length > 0) {
    const which =
      broken.length === 1
        ? 'a rule is broken, and no score forgives that'
        : `${broken.length} rules are broken, and no score forgives that`;
    return red(`fail: ${count}, but ${which}.`);
  }
  return red(`fail: ${count}; it takes ${Math.ceil((passAt * of) / 100)} to pass.`);
}

function loadSummary(load: LoadResult | undefined): string {
  if (!load) return '; the load run was left out';
  return load.outcome === 'skipped' ? '; the load does not apply to this machine' : ', and every target is met';
}

/** The last lines of a check: the verdict with its figure, what became of what goes further, and what to do next. */
export function endLines(result: CheckResult, figure: string, next: readonly string[]): string[] {
  const verdict = wrap(summary(result), '  ', lineWidth() - figure.length - 1);
  const last = verdict.pop() ?? '';
  const star = furtherSummary(result);
  const others = [...(star ? [star] : []), ...next];
  return [...verdict, spread(last, figure), ...others.flatMap((line) => wrap(line, '  '))];
}

/** The last line of a check: the verdict, with what it rests on. */
export function summary({ verdict, behaviours, load, score }: CheckResult): string {
  if (score) return scoreSummary(verdict, behaviours, score);
  const held = behaviours.filter((behaviour) => behaviour.outcome === 'pass').length;
  const waiting = behaviours.some((behaviour) => behaviour.outcome === 'not-run')
    ? '; the rest waits until this one holds'
    : '';
  const count = `${held} of ${behaviours.length} behaviours hold`;
  // The load command runs no behaviours besides that the app starts and stops.
  if (load?.record?.seconds && behaviours.length === 1 && verdict === 'pass')
    return green(`the load ran; what it says of the app is in the check's scorecard.`);
  if (load && behaviours.length === 2 && held === 2) {
    if (load.outcome === 'skipped') return yellow('not judged: see the reason above.');
    if (verdict === 'pass') return green('pass: every request was answered, and every target is met.');
    if (verdict === 'fail') return red('fail: the load asks more than the app gives, see above.');
  }
  if (verdict === 'pass') return green(`pass: ${count}${loadSummary(load)}.`);
  if (verdict === 'inconclusive') return yellow(`inconclusive: ${count}. This is no judgement of your app.`);
  if (load?.outcome === 'fail') return red(`fail: ${count}, but under load the app does not do what it must.`);
  return red(`fail: ${count}${waiting}.`);
}

/** What became of the further behaviours, where any was judged; undefined otherwise. */
export function furtherSummary({ further, verdict, load }: CheckResult): string | undefined {
  const held = further.behaviours.filter(({ outcome }) => outcome === 'pass').length;
  const count = `${held} of ${further.behaviours.length} further behaviours hold`;
  if (further.behaviours.every(({ outcome }) => outcome === 'not-run')) return undefined;
  // With --all they are judged after a core that failed, too: that earns no star, and passes nothing.
  if (verdict !== 'pass') return yellow(`further: ${count}.`);
  if (further.verdict === 'pass') return green(`★ ${count}.`);
  if (further.verdict === 'inconclusive') return yellow(`further: inconclusive, ${count}.`);
  return yellow(`further: ${count}. ${load ? 'The lesson is passed all the same.' : 'A pass does not need them.'}`);
}
