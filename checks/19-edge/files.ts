import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoDir } from '../harness/sdk/index.ts';

/** The shop's files as they were shipped. Learners change the way to them, not the files. */
const folder = join(repoDir, 'checks', '19-edge', 'starter');

export const contentOf = (file: string): Buffer => readFileSync(join(folder, file));

/** What is below /assets, and what nginx should say it is. */
export const assets = [
  { path: '/assets/shop.8c1f0e.js', file: 'static/shop.8c1f0e.js', type: /^(text|application)\/(x-)?javascript/ },
  { path: '/assets/shop.41d7aa.css', file: 'static/shop.41d7aa.css', type: /^text\/css/ },
  { path: '/assets/logo.77b2c9.svg', file: 'static/logo.77b2c9.svg', type: /^image\/svg\+xml/ },
  { path: '/assets/hall.d03e56.png', file: 'static/hall.d03e56.png', type: /^image\/png/ },
] as const;

export const page = { path: '/', file: 'static/index.html', type: /^text\/html/ } as const;
