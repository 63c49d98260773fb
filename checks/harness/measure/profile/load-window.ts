import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** When the load began and ended and when the app was told to exit, by one clock, in milliseconds. */
export interface LoadWindow {
  loadFrom: number;
  loadTo: number;
  exitAt: number;
}

const name = 'load-window.json';

/** Left beside the profiles by the check's thread, for the command that reads them. */
export function writeLoadWindow(dir: string, window: LoadWindow): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, name), JSON.stringify(window));
}

export function readLoadWindow(dir: string): LoadWindow {
  return JSON.parse(readFileSync(join(dir, name), 'utf8')) as LoadWindow;
}
