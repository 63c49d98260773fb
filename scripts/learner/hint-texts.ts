import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoDir } from '../../checks/harness/os/run.ts';
import { lineWidth, wrap } from '../terminal/style.ts';

/** The levels of each behaviour's hint, by the behaviour's id; "general" is for the lesson as a whole. */
export type HintTexts = Map<string, string[]>;

export function readHints(folder: string): HintTexts {
  const own = parseHints(readFileSync(join(repoDir, 'checks', folder, 'hints.md'), 'utf8'));
  return new Map([...parseHints(usualHints(folder)), ...own]);
}

/** What helps in every lesson; a lesson that knows better says so under the same name. */
function usualHints(folder: string): string {
  return readFileSync(join(import.meta.dirname, 'usual-hints.md'), 'utf8').replaceAll('NN-name', folder);
}

/** `## id` begins a behaviour, `### 1` a level of it. */
export function parseHints(markdown: string): HintTexts {
  const hints: HintTexts = new Map();
  for (const section of markdown.replaceAll('\r\n', '\n').split(/^## /m).slice(1)) {
    const [id = '', ...levels] = section.split(/^### /m);
    hints.set(
      id.split('\n')[0]?.trim() ?? '',
      levels.map((level) => level.replace(/^.*\n/, '').trim()),
    );
  }
  return hints;
}

/** Markdown as lines of a terminal: paragraphs broken anew, links with their address after them, code as it is. */
export function terminalLines(markdown: string, indent = '  ', width = lineWidth()): string[] {
  return markdown.split(/\n{2,}/).flatMap((block, index) => {
    const asItIs = /^(```|\||[-*] |\d+\. | {4})/.test(block);
    const text = block.replace(/\[([^\]]+)\]\(([^)]+)\)/g, '$1 ($2)');
    const lines = asItIs
      ? text.split('\n').map((line) => indent + line)
      : wrap(text.replace(/\s*\n\s*/g, ' '), indent, width);
    return index === 0 ? lines : ['', ...lines];
  });
}
