import { afterEach, describe, expect, it, vi } from 'vitest';
import { compiledApps, inheritedEnv } from '../harness/app/inherited-env.ts';

afterEach(() => void vi.unstubAllEnvs());

describe('the environment of an app', () => {
  it("holds nothing of the learner's own that changes an app", () => {
    for (const name of ['NODE_OPTIONS', 'NODE_COMPILE_CACHE', 'PORT']) vi.stubEnv(name, 'theirs');
    expect(Object.values(inheritedEnv())).not.toContain('theirs');
    expect(inheritedEnv().PATH).toBe(process.env.PATH);
  });
  it('says where compiled packages are, where many apps are judged', () => {
    vi.stubEnv(compiledApps, '/tmp/compiled');
    expect(inheritedEnv().NODE_COMPILE_CACHE).toBe('/tmp/compiled');
  });
});
