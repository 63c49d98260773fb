import { runCommand } from '../../os/command.ts';
import type { Binary } from '../debian/packaged.ts';

/** An nginx program and the environment that it needs. */
export interface NginxProgram extends Binary {
  /** For the first line of a check: "nginx 1.22.1 (Debian package)". */
  label: string;
}

/** "nginx 1.22.1". Rejects when the program does not run here, with what it said. */
export async function versionOf({ file, env }: Binary): Promise<string> {
  const { stdout, stderr } = await runCommand(file, ['-v'], { env, limitMs: 5_000 });
  const [, version] = /nginx\/([\w.-]+)/.exec(stderr + stdout) ?? [];
  if (!version) throw new Error((stderr || stdout).trim().split('\n')[0] || `${file} tells no version`);
  return `nginx ${version}`;
}
