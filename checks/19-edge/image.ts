import { Add, Copy, type Instruction, Run, User } from 'dockerfile-ast';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { type BuildStage, commandOf, fromOf, lineOf, partsOf, sourcesOf, stagesOf } from './dockerfile.ts';
import { ignoredBy } from './dockerignore.ts';

/** Of an ARG or ENV, which everybody can read who has the image; also where the value comes with the build. */
const secretName = /(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|SIGNING_?KEY)$/i;
/** What may stand before node and hands signals on to it. */
const inits = /(^|\/)(tini|dumb-init|catatonit)$/;
/** Arguments of node with which it is not the desk: a script of package.json, a watcher, or a package manager. */
const startsOthers = /^--(run|watch)\b|(^|\/)(npm|npx|yarn|pnpm|pm2|nodemon|forever)(-cli|-runtime)?(\.[cm]?js)?$/;

export function imageBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'image-process',
    'the container runs node itself, and not as root',
    {
      because:
        'SIGTERM goes to the first process of the container. A shell or npm does not hand it on, so Node is killed in the middle of its requests.',
      lookAt: 'the last lines of the Dockerfile: which process is number 1, and whose is it?',
    },
    async (t) => {
      const stages = read(t);
      const line = lineOf(stages.at(-1) as BuildStage, stages);
      const command = commandOf(line);
      t.require(Array.isArray(command), {
        step: 'what the last stage of the Dockerfile runs',
        expected: 'a command in exec form: CMD ["node", …]',
        seen: command === 'shell' ? 'a command in shell form' : 'none',
      });
      const words = (command as string[]).slice();
      while (words[0] !== undefined && (inits.test(words[0]) || words[0].startsWith('-'))) words.shift();
      t.require(/(^|\/)node(js)?$/.test(words[0] ?? ''), {
        step: 'what the last stage of the Dockerfile runs',
        expected: 'node, or an init such as tini before it',
        seen: (command as string[]).join(' ') || 'nothing',
      });
      const other = words.slice(1).find((word) => startsOthers.test(word));
      t.require(other === undefined, {
        step: `what the last stage of the Dockerfile runs: ${(command as string[]).join(' ')}`,
        expected: 'the desk itself in this process of node',
        seen: `${other}, which starts the desk as another process`,
        because:
          'SIGTERM goes to the first process of the container. Here that one is node, and the desk is a child of it, to which nobody hands it on.',
        lookAt: 'which file does process 1 run, and does it start others?',
      });
      const user = line.flatMap(({ instructions }) => instructions).findLast((one) => one instanceof User);
      const name = user?.getArguments()[0]?.getValue().split(':')[0];
      t.require(name !== undefined && !['root', '0'].includes(name), {
        step: 'whose process it is',
        expected: 'a USER that is not root',
        seen: name ?? 'no USER, so root',
        because: 'Whoever breaks out of the app is root in the container, and with a mistake elsewhere on the machine.',
        lookAt: 'which user do the images of Node bring along?',
      });
    },
  );

  behaviour(
    'image-packages',
    'packages are installed with npm ci, without those for development, and before the source comes',
    {
      because:
        'npm install may bring other versions than those that were tested, and the packages for development are 25 MB that nobody needs in production.',
      lookAt: 'which command installs, what does it leave out, and which COPY stands before it?',
    },
    async (t) => {
      const stages = read(t);
      // Packages may come from a stage that is only copied from, or from a mount.
      const parts = partsOf(stages);
      const installs = parts.flatMap((stage) =>
        stage.instructions.flatMap((one, at) => (isInstall(one) ? [{ stage, at, text: textOf(one) }] : [])),
      );
      t.require(installs.length > 0, {
        step: 'how the packages get into the image',
        expected: 'RUN npm ci',
        seen: 'no npm ci',
      });
      const loose = installs.find(
        ({ text }) => /\bnpm\s+(install|i|add)\b/.test(text) && !/\bnpm\s+(ci|clean-install)\b/.test(text),
      );
      t.require(!loose, {
        step: 'how the packages get into the image',
        expected: 'npm ci, which takes exactly what package-lock.json says',
        seen: loose?.text ?? '',
      });
      const last = parts
        .filter((stage) => installs.some((one) => one.stage === stage))
        .flatMap((stage) => (keepsPackages(stage, stages) ? [stage] : []));
      for (const stage of last) {
        const pruned = stage.instructions.some((one) => leavesOutDev(one, stage, stages));
        t.require(pruned, {
          step: 'which packages get into the image',
          expected: 'npm ci --omit=dev, or npm prune --omit=dev after it',
          seen: installs.find((one) => one.stage === stage)?.text ?? '',
        });
      }
      for (const { stage, at, text } of installs.filter(({ text }) => /\bci\b|clean-install/.test(text))) {
        const before = lineOf(stage, stages).flatMap((one) =>
          one === stage ? one.instructions.slice(0, at) : one.instructions,
        );
        const early = before.find((one) => isFromContext(one) && bringsSource(one));
        t.require(!early, {
          step: `RUN ${text}`,
          expected: 'only package.json and package-lock.json before it',
          seen: early ? `${early.getKeyword()} ${early.getArgumentsContent() ?? ''}` : '',
          because:
            'Each change of a source file makes Docker install all packages again: a layer is used again only if nothing before it has changed.',
        });
      }
    },
  );

  behaviour(
    'image-secrets',
    'no secret and nothing of the machine gets into the image',
    {
      because: 'Whoever can pull the image can read each of its layers, also what a later line has deleted.',
      lookAt: 'what do ARG, ENV and COPY of the Dockerfile bring in, and what does .dockerignore keep out?',
    },
    async (t) => {
      const stages = read(t);
      for (const one of stages.flatMap(({ instructions }) => instructions)) {
        if (!['ARG', 'ENV'].includes(one.getKeyword())) continue;
        const names = textOf(one).matchAll(/(?:^|\s)(\w+)(?==|\s|$)/g);
        const secret = [...names].map(([, name = '']) => name).find((name) => secretName.test(name));
        t.require(secret === undefined, {
          step: `${one.getKeyword()} in the Dockerfile`,
          expected: 'no secret there',
          seen: secret ?? '',
        });
      }
      const ignored = ignoredBy(t.answerSheet('Dockerfile.dockerignore') ?? t.answerSheet('.dockerignore') ?? '');
      const copies = stages.flatMap(({ instructions }) => instructions).filter(isFromContext);
      for (const file of ['encore.env', '.git/config', 'node_modules/express/index.js']) {
        const copy = copies.find((one) => sourcesOf(one).some((source) => takes(source, file)));
        t.require(!copy || ignored(file), {
          step: `${copy?.getKeyword()} ${copy?.getArgumentsContent()}`,
          expected: `${file} to stay out`,
          seen: 'it is copied, and no .dockerignore keeps it out',
        });
      }
    },
  );
}

function read(t: Stage): BuildStage[] {
  const text = t.answerSheet('Dockerfile');
  const stages = text === undefined ? undefined : stagesOf(text);
  t.require(stages, { expected: 'a Dockerfile', seen: text === undefined ? 'none' : 'one without FROM' });
  return stages as BuildStage[];
}

const textOf = (one: Instruction) =>
  (one.getArgumentsContent() ?? '')
    .replace(/\\\s*\n/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const isInstall = (one: Instruction) =>
  one instanceof Run &&
  /\bnpm\s+(ci|clean-install|install|i|add)\b/.test(textOf(one)) &&
  !/\bnpm\s+(install|i)\s+(-g|--global)\b/.test(textOf(one));

function isFromContext(one: Instruction): one is Copy | Add {
  return (one instanceof Copy && fromOf(one) === undefined) || one instanceof Add;
}

/** Whether a COPY brings files of src: the folder, its parent, or a pattern. */
const bringsSource = (copy: Copy | Add) => sourcesOf(copy).some((source) => takes(source, 'src/app.ts'));

/** Whether this source of a COPY takes a file of the build context. */
function takes(source: string, file: string): boolean {
  const path = source.replace(/^\.?\//, '').replace(/\/$/, '');
  if (path === '' || path === '.') return true;
  if (file === path || file.startsWith(`${path}/`)) return true;
  if (!/[*?[]/.test(path)) return false;
  const parts = file.split('/');
  const depth = path.split('/').length;
  return ignoredBy(path)(parts.slice(0, depth).join('/'));
}

/** Whether the packages of this stage are those of the image: they are copied from it, or the last stage is made from it. */
function keepsPackages(stage: BuildStage, stages: readonly BuildStage[]): boolean {
  const last = stages.at(-1) as BuildStage;
  const line = lineOf(last, stages);
  if (line.includes(stage)) return true;
  const heirs = stages.filter((one) => lineOf(one, stages).includes(stage));
  const names = heirs.flatMap((one) => [one.name, String(stages.indexOf(one))]);
  return partsOf(stages).some((part) =>
    part.instructions.some(
      (one) =>
        one instanceof Copy &&
        names.includes(fromOf(one)) &&
        sourcesOf(one).some((source) => /node_modules\/?$/.test(source) || !/\bsrc\b|\bdist\b|\.\w+$/.test(source)),
    ),
  );
}

function leavesOutDev(one: Instruction, stage: BuildStage, stages: readonly BuildStage[]): boolean {
  if (!(one instanceof Run)) return false;
  const text = textOf(one);
  if (!/\bnpm\s+(ci|clean-install|prune)\b/.test(text)) return false;
  if (/--omit[= ]dev\b|--production\b|--only[= ]prod/.test(text)) return true;
  if (/NODE_ENV=(?!production)/.test(text)) return false;
  // npm leaves them out by itself where NODE_ENV is production.
  if (/NODE_ENV=production/.test(text)) return true;
  const env = lineOf(stage, stages).flatMap(({ instructions }) =>
    instructions.filter(
      (other) => other.getKeyword() === 'ENV' && stage.instructions.indexOf(other) < stage.instructions.indexOf(one),
    ),
  );
  return env.some((other) => /\bNODE_ENV[= ]["']?production\b/.test(other.getArgumentsContent() ?? ''));
}
