import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Arm } from './arms.ts';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** The page's style gives them their values, others in the dark. */
export const colours = { starter: 'var(--starter)', yours: 'var(--yours)', solution: 'var(--solution)' };
// Lines are told apart by dashes, too, so that print and colour-blind readers lose nothing.
export const dashes = { starter: '', yours: '7 3', solution: '2 3' };
/** What the load does not want, whoever did it. */
export const badColour = 'var(--bad)';
/** Text over lines stays readable. */
export const halo = { stroke: 'var(--paper)', strokeWidth: 4 };

/** Draws a picture as text. */
export function svg(options: Plot.PlotOptions): string {
  const drawn = Plot.plot({ document, width: 720, height: 260, marginLeft: 52, marginBottom: 40, ...options });
  // The whole picture has one name; those of its parts belong to no role.
  for (const part of drawn.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  return drawn.outerHTML;
}

/** The axis of time: the same for every picture of a report. */
export function seconds(arms: readonly Arm[]): Plot.ScaleOptions & { domain: [number, number] } {
  const last = Math.max(1, ...arms.map(({ record }) => (record.samples.at(-1)?.atMs ?? 0) / 1_000));
  return { label: 'seconds since the first answer', domain: [0, last] };
}
