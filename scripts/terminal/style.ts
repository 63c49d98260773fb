import { stripVTControlCharacters, styleText } from 'node:util';

const styled = (format: Parameters<typeof styleText>[0]) => (text: string) =>
  styleText(format, text, { stream: process.stdout });

// styleText leaves the text as it is when the output is no terminal or NO_COLOR is set.
export const green = styled('green');
export const red = styled('red');
export const yellow = styled('yellow');
export const blue = styled('blue');
export const cyan = styled('cyan');
export const dim = styled('dim');
export const bold = styled('bold');

const told = () => process.stdout.columns || Number(process.env.COLUMNS) || undefined;

/** Columns of the terminal as it is now; where there is none, a list has room. */
export const columns = (): number => told() ?? 120;

/** Columns that a line may take: those of a narrow terminal, or as many as a README shows without scrolling. */
export const lineWidth = (): number => Math.min(92, Math.max(40, (told() ?? 92) - 1));

/** Text of one line in two columns: the second ends at the right edge. */
export function spread(left: string, right: string): string {
  const room = lineWidth() - stripVTControlCharacters(left).length;
  return room > stripVTControlCharacters(right).length
    ? left + ' '.repeat(room - stripVTControlCharacters(right).length) + right
    : `${left} ${right}`;
}

/** "38 ms" or "2.1 s". */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** Breaks a sentence into lines. */
export function wrap(text: string, indent: string, width = lineWidth()): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && indent.length + stripVTControlCharacters(`${line} ${word}`).length > width) {
      lines.push(indent + line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, indent + line];
}
