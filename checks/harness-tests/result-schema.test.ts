import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { resultSchemaVersion } from '../harness/model/result.ts';
import { checkApp } from './check-fixture.ts';

const schema = JSON.parse(readFileSync(new URL('../harness/model/check-result.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema);

describe('the result of a check as JSON', { timeout: 30_000 }, () => {
  it.each([
    ['a pass with a load run', 'right', []],
    ['a failing behaviour', 'says-200-to-everything', ['--no-load']],
    ['an app that does not start', 'throws-at-import', ['--no-load']],
    ['a crash under load', 'exits-under-load', []],
    ['an exam', 'right', ['FIXTURE=fixture-exam']],
  ])('fits the written schema: %s', async (_what, app, flags) => {
    const result = await checkApp(app, ...flags);
    validate(result);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('carries the version that the schema describes', () => {
    expect(schema.properties.schema.const).toBe(resultSchemaVersion);
  });

  it('is refused by the schema when a failure lacks its sentence', async () => {
    const result = await checkApp('says-200-to-everything', '--no-load');
    const failed = result.behaviours.find((behaviour) => behaviour.outcome === 'fail');
    Reflect.deleteProperty(failed?.failure ?? {}, 'because');
    expect(validate(result)).toBe(false);
  });
});
