import { stripVTControlCharacters } from 'node:util';
import type { Teaching } from '../model/verdict.ts';

// Mistakes that people make who are new to TypeScript without a build step, by what Node prints about them.

interface KnownMistake {
  /** Its groups are given to `says`. */
  printed: RegExp;
  says(...groups: string[]): Teaching;
}

const stripOnly = 'Node removes the types and runs the rest';

const mistakes: KnownMistake[] = [
  {
    printed: /Cannot find module '([^']*[\\/])?([^'\\/]+)' imported from (?:.*[\\/])?([^\\/\r\n]+)$/m,
    says: (_folder, file = '', importer = '') =>
      /\.ts$/.test(file)
        ? { because: `There is no file ${file} where ${importer} looks for it.`, lookAt: `the imports of ${importer}` }
        : {
            because: `${importer} imports "${file}", and there is no such file. Node reads TypeScript as it is, so an import needs the file's whole name.`,
            lookAt: `the imports of ${importer}: write ${file.replace(/\.js$/, '')}.ts`,
          },
  },
  {
    printed: /Cannot find package '([^']+)' imported from (?:.*[\\/])?([^\\/\r\n]+)$/m,
    says: (name = '', importer = '') => ({
      because: `${importer} imports the package ${name}, which is not installed.`,
      lookAt: `is the name right? If so: npm install ${name}`,
    }),
  },
  {
    printed: /TypeScript (enum|parameter property|namespace|import equals|export assignment)[\w ]* is not supported/,
    says: (what = '') => ({
      because: `The app uses a TypeScript ${what}. ${stripOnly}, and this is more than a type: it would have to be compiled.`,
      lookAt: `the line below; ${insteadOf[what] ?? 'write it as plain JavaScript with types'}`,
    }),
  },
  {
    printed: /does not provide an export named '([^']+)'/,
    says: (name = '') => importedType(name),
  },
  { printed: /Named export '([^']+)' not found/, says: (name = '') => importedType(name) },
  {
    printed: /(require|__dirname|__filename|module|exports) is not defined in ES module scope/,
    says: (name = '') => ({
      because: `The app uses ${name}, which CommonJS modules have. The files here are ES modules.`,
      lookAt: name.startsWith('__')
        ? 'the line below; import.meta.dirname and import.meta.filename'
        : 'the line below; import',
    }),
  },
];

const insteadOf: Record<string, string> = {
  enum: 'a union of strings or an object with `as const` does the same',
  'parameter property': 'declare the field in the class and assign it in the constructor',
  namespace: 'a module does the same',
  'import equals': 'write import … from',
};

function importedType(name: string): Teaching {
  return {
    because: `The app imports ${name} as a value, and that module exports no such value. ${stripOnly}, so a type can't be imported like that.`,
    lookAt: `the line below: if ${name} is a type, write import type { ${name} }; if not, is it exported under this name?`,
  };
}

/** The sentences for a mistake that is known by what the app has printed. */
export function knownMistake(printed: string): Teaching | undefined {
  const output = stripVTControlCharacters(printed);
  for (const { printed: pattern, says } of mistakes) {
    const groups = pattern.exec(output);
    if (groups) return says(...groups.slice(1).map((group) => group ?? ''));
  }
  return undefined;
}

/** The port, other than its own, for which an app has ended: somebody else has it, or only root may take it. */
export function portOfItsOwn(output: string, given: number): number | undefined {
  const port = Number(/\blisten (?:EADDRINUSE|EACCES)\b.*:(\d+)$/m.exec(output)?.[1]);
  return port > 0 && port !== given ? port : undefined;
}
