import type { ThreadProfile } from '../../checks/harness/measure/profile/cpu-profile.ts';
import { type SelfTime, selfTime } from '../../checks/harness/measure/profile/self-time.ts';
import { bold, dim, lineWidth, wrap } from './style.ts';

const mostRows = 12;
/** An app that is busy for less than this share of the load is not slow for want of CPU. */
const mostlyWaiting = 0.1;
/** Less than this share of the busy samples is not worth a row. */
const leastShare = 0.005;
const mostlyIdle =
  'The app is idle for most of this load. If it is slow, it waits for something that no CPU profile shows.';
const nameWidth = 24;
const whereWidth = 34;

/** The table of the hottest functions, with bars. */
export function profileLines(total: SelfTime, threads: ThreadProfile[]): string[] {
  const { functions, garbageCollector, program, busy } = total;
  if (busy === 0) return ['  No sample found the app busy: under this load it only waits.'];
  const shown = functions.filter(({ samples }) => samples / busy >= leastShare).slice(0, mostRows);
  const others = functions.slice(shown.length).reduce((sum, { samples }) => sum + samples, 0);
  const row = (name: string, where: string, samples: number) => {
    const room = Math.max(5, lineWidth() - nameWidth - whereWidth - 12);
    const bar = '█'.repeat(Math.round((samples / busy) * room)) || '▏';
    return `  ${toWidth(name, nameWidth)} ${toWidth(where, whereWidth)} ${percent(samples / busy).padStart(7)} ${bar}`;
  };
  const plain = (what: string, samples: number) =>
    dim(`  ${what.padEnd(nameWidth + whereWidth + 1)} ${percent(samples / busy).padStart(7)}`);
  return [
    ...(threads.length > 1 ? [...threads.map(threadLine), ''] : [threadLine(threads[0] as ThreadProfile), '']),
    bold(`  ${'function'.padEnd(nameWidth)} ${'where'.padEnd(whereWidth)} self time`),
    ...shown.map(({ name, where, samples }) => row(name, where, samples)),
    plain(`${functions.length - shown.length} other functions`, others),
    plain('collecting garbage', garbageCollector),
    plain('native code outside of functions', program),
    ...(busy < mostlyWaiting * (busy + total.idle) ? ['', ...wrap(mostlyIdle, '  ')] : []),
  ];
}

/** "process 4711: busy for 4.1 of 8.2 s". */
function threadLine({ pid, thread, profile }: ThreadProfile): string {
  const { busy, idle } = selfTime([profile], '.');
  const seconds = (profile.endTime - profile.startTime) / 1e6;
  const name = thread === 0 ? `process ${pid}, main thread` : `process ${pid}, thread ${thread}`;
  const share = busy / Math.max(1, busy + idle);
  return dim(`  ${name}: busy for ${percent(share)} of ${seconds.toFixed(1)} s (${busy} samples)`);
}

function toWidth(text: string, width: number): string {
  return (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
