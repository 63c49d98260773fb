import { phases } from '../../checks/harness/model/phases.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';

type Column = 'process' | (typeof phases)[number];

/** `process`: what a command of its own costs besides its check. */
const columns: readonly Column[] = ['process', ...phases];

/** What the seconds of a verify went into, by lesson: authors see there what a new behaviour or wrong turn costs. */
export class PhaseTotals {
  readonly #rows = new Map<string, { verdicts: number; ms: Record<Column, number> }>();

  /** @param tookMs from the start of the check's process to its end. */
  add(folder: string, tookMs: number, { elapsedMs, phases: times = {} }: CheckResult): void {
    const none = Object.fromEntries(columns.map((column) => [column, 0])) as Record<Column, number>;
    const row = this.#rows.get(folder) ?? { verdicts: 0, ms: none };
    row.verdicts++;
    row.ms.process += tookMs - elapsedMs;
    for (const phase of phases) row.ms[phase] += times[phase] ?? 0;
    this.#rows.set(folder, row);
  }

  /** A line for each lesson, and the sum when there are several. */
  lines(): string[] {
    const rows = [...this.#rows].sort(([one], [other]) => one.localeCompare(other));
    const sum = (column: Column) => rows.reduce((total, [, { ms }]) => total + ms[column], 0);
    const cells = rows.map(
      ([folder, { verdicts, ms }]) => [folder, verdicts, columns.map((column) => ms[column])] as const,
    );
    const all = rows.reduce((total, [, { verdicts }]) => total + verdicts, 0);
    if (rows.length > 1) cells.push(['all', all, columns.map(sum)]);
    return [
      line('seconds', 'verdicts', [...columns, 'sum']),
      ...cells.map(([folder, verdicts, times]) =>
        line(folder, String(verdicts), [...times, times.reduce((a, b) => a + b, 0)].map(seconds)),
      ),
    ];
  }
}

function line(name: string, verdicts: string, cells: string[]): string {
  return [name.padEnd(18), verdicts.padStart(8), ...cells.map((cell) => cell.padStart(10))].join(' ');
}

const seconds = (ms: number) => (ms / 1_000).toFixed(1);
