import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repoDir } from '../harness/os/run.ts';
import { problemsOf } from './mermaid-subset.ts';

const readmes = globSync(['*.md', '{lessons,solutions,checks}/**/*.md'], { cwd: repoDir });
const pictures = readmes.flatMap((file) =>
  [...readFileSync(join(repoDir, file), 'utf8').matchAll(/^```mermaid\n(.*?)^```$/gms)].map((match, index) => ({
    name: `${file}, picture ${index + 1}`,
    text: match[1] ?? '',
  })),
);

describe('the pictures in the READMEs', () => {
  it('are found', () => {
    expect(pictures.length).toBeGreaterThanOrEqual(3);
  });

  it.each(pictures)('can be read: $name', ({ text }) => {
    expect(problemsOf(text)).toEqual([]);
  });

  // Each of these is refused by Mermaid itself, version 12.3.0.
  it.each([
    ['an arrow without a colon', 'sequenceDiagram\n  A->>B hello\n'],
    ['a block without an end', 'sequenceDiagram\n  loop every second\n  A->>B: ping\n'],
    ['an end without a block', 'sequenceDiagram\n  A->>B: ping\n  end\n'],
    ['a misspelt kind', 'sequenceDiagramm\n  A->>B: ping\n'],
    ['a note over nothing', 'sequenceDiagram\n  Note over: hello\n'],
    ['a node without its bracket', 'flowchart LR\n  A --> B[shop\n'],
    ['brackets in a bare label', 'flowchart LR\n  A[shop (two)] --> B\n'],
    ['an arrow to nowhere', 'flowchart LR\n  A -->\n'],
  ])('would be refused for %s', (_what, text) => {
    expect(problemsOf(text)).not.toEqual([]);
  });

  it('may be flowcharts, too', () => {
    expect(
      problemsOf(
        'flowchart LR\n  subgraph one [instance 1]\n    A["shop (Map)"] -->|GET /| B[(Redis)]\n  end\n  A & C -.-> B\n',
      ),
    ).toEqual([]);
  });
});
