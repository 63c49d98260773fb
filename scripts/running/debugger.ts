import { freePort, isFree } from '../../checks/harness/os/ports.ts';
import type { Launch } from '../../checks/harness/runner/environment.ts';

/** Where debuggers look first: VS Code, Chrome's chrome://inspect. */
const firstPort = 9229;
/** Room for the workers of an app that uses node:cluster: each takes the next port after its primary's. */
const portsPerInstance = 10;

/** Where each instance of an app listens for a debugger, on 127.0.0.1. An instance keeps its port when it is restarted. */
export class Debuggers {
  readonly #ports = new Map<string, number>();

  /** @param name of the instance: "instance 2". */
  async launch(name: string): Promise<Launch> {
    const port = await this.#portOf(name);
    return { nodeArgs: [`--inspect=127.0.0.1:${port}`] };
  }

  /** "127.0.0.1:9229" */
  addressOf(name: string): string {
    return `127.0.0.1:${this.#ports.get(name)}`;
  }

  async #portOf(name: string): Promise<number> {
    const usual = firstPort + (Number(name.match(/\d+$/)?.[0] ?? 1) - 1) * portsPerInstance;
    const port = this.#ports.get(name) ?? usual;
    const drawn = (await isFree(port)) ? port : await freePort();
    this.#ports.set(name, drawn);
    return drawn;
  }
}

/**
 * What an editor's auto-attach has put into the environment of its terminal. The door of the workshop (workshop.js) keeps
 * it away from every program of ours; only an app that `npm run dev` starts gets it.
 */
export function editorsLaunch(env = process.env): Pick<Launch, 'nodeOptions' | 'env'> {
  const nodeOptions = env.ENCORE_EDITORS_NODE_OPTIONS;
  if (!nodeOptions) return {};
  const companions = Object.entries(env).filter(([name]) => /^(VSCODE_INSPECTOR_OPTIONS|JB_\w+)$/.test(name));
  return { nodeOptions, env: Object.fromEntries(companions) as Record<string, string> };
}
