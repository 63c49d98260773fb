import {
  Cmd,
  Copy,
  type Dockerfile,
  DockerfileParser,
  Entrypoint,
  From,
  type Instruction,
  type JSONInstruction,
} from 'dockerfile-ast';

/** A stage of the Dockerfile: its base and what is done in it. */
export interface BuildStage {
  name: string | undefined;
  image: string;
  instructions: readonly Instruction[];
}

/** Reads a Dockerfile. `undefined` when it has no FROM. */
export function stagesOf(text: string): BuildStage[] | undefined {
  const file: Dockerfile = DockerfileParser.parse(text);
  const stages: (BuildStage & { instructions: Instruction[] })[] = [];
  for (const instruction of file.getInstructions()) {
    if (instruction instanceof From) {
      const name = instruction.getBuildStage() ?? undefined;
      stages.push({ name: name?.toLowerCase(), image: (instruction.getImage() ?? '').toLowerCase(), instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return stages.length > 0 ? stages : undefined;
}

/** A stage with the stages that it is made from, the oldest first: what they have done holds in it. */
export function lineOf(stage: BuildStage, stages: readonly BuildStage[]): BuildStage[] {
  const base = stages.slice(0, stages.indexOf(stage)).find(({ name }) => name !== undefined && name === stage.image);
  return base ? [...lineOf(base, stages), stage] : [stage];
}

/** All that ends up in the last stage: its own line, and the stages that files are copied from. */
export function partsOf(stages: readonly BuildStage[]): BuildStage[] {
  const found = new Set<BuildStage>();
  const add = (stage: BuildStage) => {
    if (found.has(stage)) return;
    for (const one of lineOf(stage, stages)) {
      found.add(one);
      for (const copy of one.instructions)
        if (copy instanceof Copy) {
          const from = fromOf(copy);
          const source =
            from === undefined ? undefined : (stages.find(({ name }) => name === from) ?? stages[Number(from)]);
          if (source) add(source);
        }
    }
  };
  const last = stages.at(-1);
  if (last) add(last);
  return stages.filter((stage) => found.has(stage));
}

/** The stage or image that a COPY takes its files from, where that is not the build context. */
export function fromOf(copy: Copy): string | undefined {
  return (
    copy
      .getFlags()
      .find((flag) => flag.getName() === 'from')
      ?.getValue()
      ?.toLowerCase() ?? undefined
  );
}

/** What a COPY or ADD takes, without its destination. */
export function sourcesOf(copy: JSONInstruction): string[] {
  const words = inJson(copy) ?? copy.getArguments().map((argument) => argument.getValue());
  return words.slice(0, -1);
}

/** The words of an instruction in exec form. */
export function inJson(instruction: JSONInstruction): string[] | undefined {
  if (!instruction.getOpeningBracket()) return undefined;
  return instruction.getJSONStrings().map((string) => string.getJSONValue());
}

/** What the container runs: ENTRYPOINT and CMD of the last stage, in exec form; "shell" where one is not. */
export function commandOf(line: readonly BuildStage[]): string[] | 'shell' | 'none' {
  const all = line.flatMap(({ instructions }) => instructions);
  const entrypoint = all.findLast((one) => one instanceof Entrypoint) as Entrypoint | undefined;
  const cmd = all.findLast((one) => one instanceof Cmd) as Cmd | undefined;
  if (!entrypoint && !cmd) return 'none';
  const words: string[] = [];
  for (const one of [entrypoint, cmd]) {
    if (!one) continue;
    const said = inJson(one);
    if (!said) return 'shell';
    words.push(...said);
  }
  return words;
}
