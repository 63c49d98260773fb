import { describe, expect, it } from 'vitest';
import { knownMistake } from '../harness/app/known-mistakes.ts';

describe('a mistake that is known by what Node prints', () => {
  it.each(['/home/ada/encore', '/home/ada/my projects/encore (2)', 'C:\\Users\\Ada L\\encore'])(
    'is told in a clone at %s',
    (folder) => {
      const missing = (what: string, importer: string) =>
        knownMistake(`Error [ERR_MODULE_NOT_FOUND]: Cannot find ${what} imported from ${importer}\n    at resolve`)
          ?.because;
      const separator = folder.includes('\\') ? '\\' : '/';
      const path = (name: string) => [folder, 'src', name].join(separator);
      expect(missing(`module '${path('greeting')}'`, path('server.ts'))).toMatch(/^server\.ts imports "greeting"/);
      expect(missing(`module '${path('app.ts')}'`, path('server.ts'))).toBe(
        'There is no file app.ts where server.ts looks for it.',
      );
      expect(missing("package 'lodash'", path('my app.ts'))).toMatch(/^my app\.ts imports the package lodash/);
    },
  );
});
