const name = String.raw`[\w.]+`;
const sequenceLines = [
  /^(autonumber|%%.*)$/,
  new RegExp(`^(participant|actor) ${name}( as [^#;]+)?$`),
  new RegExp(`^(de)?activate ${name}$`),
  new RegExp(`^note (over ${name}(, ?${name})?|(left|right) of ${name}): ?[^#;]+$`, 'i'),
  new RegExp(`^${name} ?--?(>>|>|x|\\))[+-]?${name}: ?[^#;]+$`),
  /^(rect rgba?\([\d., ]+\)|(loop|alt|opt|par|critical|break|else|and|option)( [^#;]*)?|end)$/,
];

const label = String.raw`(?:"[^"]*"|[^"()[\]{}|;]+)`;
const shapes = [`\\[\\(${label}\\)\\]`, `\\(\\(${label}\\)\\)`, `\\[${label}\\]`, `\\(${label}\\)`, `\\{${label}\\}`];
const nodes = `\\w+(?:${shapes.join('|')})?`;
const nodeList = `${nodes}(?: & ${nodes})*`;
const arrow = String.raw`(?:-->|---|-\.->|==>)(?:\|${label}\|)?`;
const flowchartLines = [
  /^%%/,
  new RegExp(`^${nodeList}( ${arrow} ?${nodeList})*$`),
  new RegExp(`^subgraph \\w+( ?\\[${label}\\])?$`),
  /^(direction (LR|RL|TB|TD|BT)|(style|classDef|class|linkStyle) .+|end)$/,
];

/**
 * What is wrong with a diagram, a sentence a line. It reads the part of Mermaid that our READMEs use, and refuses the
 * rest: Mermaid itself is 201 MB with its dependencies, and the small validators (maid 0.0.29, merval 1.0.7)
 * refuse pictures that it draws.
 */
export function problemsOf(text: string): string[] {
  const [kind = '', ...lines] = text.trimEnd().split('\n');
  const isSequence = kind === 'sequenceDiagram';
  if (!isSequence && !/^flowchart (LR|RL|TB|TD|BT)$/.test(kind)) return [`line 1: no kind of picture: ${kind}`];
  const opens = isSequence ? /^(rect|loop|alt|opt|par|critical|break)\b/ : /^subgraph\b/;
  const problems: string[] = [];
  let open = 0;
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '') continue;
    if (!(isSequence ? sequenceLines : flowchartLines).some((form) => form.test(line)))
      problems.push(`line ${index + 2} cannot be read: ${line}`);
    if (opens.test(line)) open++;
    if (line === 'end' && --open < 0) problems.push(`line ${index + 2}: an end without a beginning`);
  }
  if (open > 0) problems.push(`${open} without an end`);
  return problems;
}
