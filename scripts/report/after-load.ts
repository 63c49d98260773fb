import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { LoadResult } from '../../checks/harness/model/result.ts';
import { isOnTerminal } from '../running/watched.ts';
import { blue, dim, green, lineWidth, yellow } from '../terminal/style.ts';
import type { ArmLoad, ArmName } from './arms.ts';
import { isDisturbed, isStarter, keepStarterLoad, type StarterLoad, starterLoad } from './starter-load.ts';
import { latencyChart } from './terminal-chart.ts';

/** Red is for what is bad, so it is nobody's curve. */
const paint = { starter: yellow, yours: blue, solution: green, target: dim };

/** The chart of some load runs for this terminal, as lines. */
export function chartLines(lesson: Lesson, loads: readonly ArmLoad[]): string[] {
  const targetsMs = [...new Set(lesson.targets.map(({ atMostMs }) => atMostMs))].sort((a, b) => a - b);
  const chart = latencyChart(loads, targetsMs, { width: lineWidth() - 2, paint });
  return chart.length === 0 ? [] : ['', ...chart.map((line) => `  ${line}`.trimEnd())];
}

/**
 * What follows a load run on a terminal: its latency over time, beside the starter's if that has run here.
 * @param whose `lesson` is the lesson's own folder, which may still hold the starter.
 */
export function afterLoad(
  lesson: Lesson,
  load: LoadResult | undefined,
  whose: 'lesson' | Exclude<ArmName, 'starter'>,
): string[] {
  if (!load?.record) return [];
  try {
    const name = whose === 'lesson' ? (isStarter(lesson) ? 'starter' : 'yours') : whose;
    if (name === 'starter') keepStarterLoad(lesson, load);
    if (!isOnTerminal) return [];
    const before = name === 'starter' ? undefined : starterLoad(lesson);
    const loads: ArmLoad[] = [...(before ? [{ name: 'starter' as const, load: before.load }] : []), { name, load }];
    return [...chartLines(lesson, loads), ...saying(lesson, name, before).map((line) => dim(`  ${line}`))];
  } catch {
    return []; // No picture is worth a verdict.
  }
}

/** Each line stands by itself: a command that is broken can't be copied. */
function saying({ number }: Lesson, name: ArmName, before: StarterLoad | undefined): string[] {
  const command = `npm run report lesson-${number}`;
  if (name !== 'starter' && !before)
    return ['The starter has not run here yet.', `Its curve, and more pictures, as a page: ${command}`];
  const at = before && `${before.at.slice(0, 16).replace('T', ' ')} UTC`;
  const how = before && isDisturbed(before.load) ? ', when the machine was busy' : '';
  return [...(at ? [`The starter ran at ${at}${how}.`] : []), `More pictures, as a page: ${command}`];
}
