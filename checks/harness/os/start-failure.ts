import { existsSync } from 'node:fs';
import { troubleIn } from './trouble.ts';

/**
 * A process that could not be started. No app is to blame, and no stack explains it: `message` is a sentence without a full
 * stop, and `fix` says what to do.
 */
export class StartFailure extends Error {
  readonly fix: string;
  /** Of the system: "ENOENT", "EMFILE". */
  readonly code: string | undefined;

  constructor(message: string, fix: string, cause: NodeJS.ErrnoException) {
    super(message, { cause });
    this.fix = fix;
    this.code = cause.code;
  }
}

/** What kept `file` from starting, in a sentence. */
export function startFailure(file: string, cwd: string | undefined, error: NodeJS.ErrnoException): StartFailure {
  const name = file.split(/[\\/]/).at(-1) ?? file;
  const [why, fix] = reason(file, cwd, error);
  return new StartFailure(`${name} can't be started: ${why}`, fix, error);
}

function reason(file: string, cwd: string | undefined, error: NodeJS.ErrnoException): [why: string, fix: string] {
  switch (error.code) {
    case 'ENOENT':
      // The system says the same of a folder to start in that is gone, and of a program whose loader is missing.
      if (cwd && !existsSync(cwd)) return [`the folder ${cwd} is gone`, 'bring it back, and check again'];
      if (!/[\\/]/.test(file)) return ['it is not on PATH', `install ${file}, and check again`];
      return existsSync(file)
        ? [`${file} is made for another system (its loader is missing)`, 'run: npm install']
        : [`there is no ${file}`, 'run: npm install'];
    case 'EACCES':
      return [`${file} may not be executed`, `chmod +x ${file}, or move the workshop to a disk that allows programs`];
    default: {
      const trouble = troubleIn(error);
      return trouble ? [trouble.what, trouble.fix] : [error.message, 'npm run doctor, then check again'];
    }
  }
}
