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

/** How much room there is. The style gives the text of each its size. */
export interface Shape {
  name: 'wide' | 'narrow';
  width: number;
  /** Of a picture with a single band. */
  height: number;
  marginLeft: number;
  marginBottom: number;
}

const wide: Shape = { name: 'wide', width: 720, height: 260, marginLeft: 56, marginBottom: 46 };
const narrow: Shape = { name: 'narrow', width: 360, height: 240, marginLeft: 60, marginBottom: 54 };

/** Each picture is drawn for a page and for a telephone, where the same one would have to shrink; the style shows one of them. */
export function inBothShapes(draw: (shape: Shape) => Plot.PlotOptions): string {
  return [wide, narrow].map((shape) => svg(shape, draw(shape))).join('');
}

function svg({ name, ...room }: Shape, options: Plot.PlotOptions): string {
  const drawn = Plot.plot({ document, ...room, ...options });
  drawn.classList.add(name);
  // The whole picture has one name; those of its parts belong to no role.
  for (const part of drawn.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  return drawn.outerHTML;
}

/** The axis of time: the same for every picture of a report. */
export function seconds(arms: readonly Arm[]): Plot.ScaleOptions & { domain: [number, number] } {
  const last = Math.max(1, ...arms.map(({ record }) => (record.samples.at(-1)?.atMs ?? 0) / 1_000));
  return { label: 'seconds since the first answer', domain: [0, last] };
}
