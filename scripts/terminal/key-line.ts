import { bold } from './style.ts';

/** What the last line of the watch mode names: each key, and what it does. */
export const keyLine = [
  'c check',
  'l load',
  'f further',
  'h hint',
  'o output',
  'd diff',
  'n next',
  'p list',
  'r reset',
  'q quit',
].map((key) => `${bold(key.charAt(0))} ${key.slice(2)}`);
