import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Growth } from '../../checks/harness/measure/heap/growth.ts';
import type { Variable } from '../../checks/harness/measure/heap/names.ts';
import { placeOf } from '../../checks/harness/measure/profile/self-time.ts';
import { type HeapFindings, type HeapPhase, multipleOf } from '../running/heap-run.ts';
import { bold, dim, duration, spread, wrap } from './style.ts';

const mostPlaces = 6;

/** "POST /login   1,000 × 200   1.2 s". */
export function phaseLine({ name, sent, ms, outcomes }: HeapPhase): string {
  const said = Object.entries(outcomes)
    .sort((a, b) => b[1] - a[1])
    .map(([outcome, count]) => (count === sent ? outcome : `${number(count)} × ${outcome}`));
  return dim(
    spread(`  ${number(sent).padStart(6)} × ${name}`, `${said.slice(0, 3).join(', ')} ${duration(ms).padStart(8)}`),
  );
}

/** What grew, and what holds it. */
export function heapLines({ phases, growth, heaps }: HeapFindings, appDir: string): string[] {
  const places = Map.groupBy(growth, ({ holder, constructorName, place }) =>
    JSON.stringify([holder.expression, holder.variable, constructorName, place]),
  );
  const found = [...places.values()].sort((a, b) => bytesOf(b) - bytesOf(a));
  const sum = (which: 'before' | 'after') => heaps.reduce((total, { bytes }) => total + bytes[which], 0);
  const size = `The heap was ${megabytes(sum('before'))} before and is ${megabytes(sum('after'))} after, without garbage.`;
  if (found.length === 0)
    return ['', ...wrap(`Nothing grew with the requests: what they left was collected. ${size}`, '  ')];
  return [
    '',
    ...wrap(
      `${found.length === 1 ? 'One place grows' : `${found.length} places grow`} with the requests. ${size}`,
      '  ',
    ),
    ...found.slice(0, mostPlaces).flatMap((same) => ['', ...placeLines(same, phases, appDir)]),
    ...(found.length > mostPlaces ? ['', `  and ${found.length - mostPlaces} smaller ones`] : []),
    '',
    ...wrap(
      'What grows is a leak, unless it was to be kept. Who removes it, also when the request fails or the client has gone?',
      '  ',
    ),
  ];
}

function placeLines(same: Growth[], phases: HeapPhase[], appDir: string): string[] {
  const [largest] = same as [Growth];
  const { holder, constructorName, place, inside } = largest;
  const shown = (variable: Variable) => placeShown(variable.file, lineOf(variable), appDir);
  const by = same
    .sort((a, b) => b.count - a.count)
    .map(({ phase, count }) => {
      const { name, sent } = phases[phase - 1] as HeapPhase;
      return `${perRequest(count, sent)} ${name} (${number(count)})`;
    });
  const [what, where] = [
    holder.constructorName === holder.expression ? '' : `, ${article(holder.constructorName)}`,
    holder.variable ? ` in ${shown(holder.variable)}` : ', not by a variable of the app',
  ];
  const row = (label: string, text: string) => {
    const indent = ' '.repeat(13);
    return wrap(text, indent).map((line, i) => (i === 0 ? `     ${dim(label.padEnd(8))}${line.slice(13)}` : line));
  };
  const from = place && placeShown(place.file, place.line, appDir);
  return [
    bold(
      spread(
        `  ● ${number(same.reduce((sum, { count }) => sum + count, 0))} more ${constructorName}`,
        megabytes(bytesOf(same)),
      ),
    ),
    ...by.slice(0, 3).flatMap((text, i) => row(i === 0 ? 'for' : '', text)),
    ...(by.length > 3
      ? row('', by.length === 4 ? 'and one more kind of request' : `and ${by.length - 3} more kinds of request`)
      : []),
    ...row('held by', `${holder.expression}${what}${where}`),
    ...(from ? row(constructorName === 'Timeout' ? 'calls' : 'written', from) : []),
    ...(inside.length > 0 ? row('with', `${inside.slice(0, 5).join(', ')}${inside.length > 5 ? ' …' : ''}`) : []),
  ];
}

/** "1 for each", "about 0.8 for each". */
function perRequest(count: number, sent: number): string {
  const whole = multipleOf(count, sent);
  return whole === undefined ? `about ${(count / sent).toFixed(1)} for each` : `${whole} for each`;
}

function placeShown(file: string, line: number | undefined, appDir: string): string {
  const place = placeOf({ url: file, lineNumber: (line ?? 1) - 1 }, appDir);
  return line === undefined ? place.replace(/(\.\w+):1$/, '$1') : place;
}

/** Where a variable is declared, if its file says so in one place only: V8 does not tell. */
function lineOf({ name, file }: Variable): number | undefined {
  if (!file.startsWith('file:')) return undefined;
  try {
    const declares = new RegExp(`\\b(const|let|var|class|function)\\s+${name.replace(/\W/g, '\\$&')}\\b`);
    const lines = readFileSync(fileURLToPath(file), 'utf8').split('\n');
    const found = lines.flatMap((line, index) => (declares.test(line) ? [index + 1] : []));
    return found.length === 1 ? found[0] : undefined;
  } catch {
    return undefined;
  }
}

function bytesOf(same: Growth[]): number {
  return same.reduce((sum, { bytes }) => sum + bytes, 0);
}

function article(name: string): string {
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

function number(count: number): string {
  return count.toLocaleString('en');
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
