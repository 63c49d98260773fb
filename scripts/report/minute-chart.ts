import * as Plot from '@observablehq/plot';
import type { LoadRecord } from '../../checks/harness/model/result.ts';
import { type Arm, type ArmName, armNames } from './arms.ts';
import { badColour, colours, halo, inBothShapes } from './svg.ts';

/** What requests came to, from the bottom up. */
const kinds = ['good', 'refused', 'failed'] as const;
type Kind = (typeof kinds)[number];
export const kindNames = { good: '2xx and 3xx', refused: '4xx', failed: '5xx or no answer' } as const;

/** A load with what was done to the app meanwhile. */
export type MinuteArm = Arm & { record: LoadRecord & Required<Pick<LoadRecord, 'seconds' | 'events'>> };

/** Those of the runs that were an exam's. */
export function minutes(arms: readonly Arm[]): MinuteArm[] {
  return arms.filter((arm): arm is MinuteArm => arm.record.seconds !== undefined && arm.record.events !== undefined);
}

/** The requests of each second by what came of them, a band for each run, with a line at each event. */
export function requestsOverTime(arms: readonly MinuteArm[]): string {
  const bars = arms.flatMap(({ name, record }) =>
    record.seconds.flatMap((second, index) =>
      kinds.map((kind) => ({ name, from: index, to: index + 1, kind, requests: second[kind] })),
    ),
  );
  const events = arms.flatMap(({ name, record }) =>
    record.events.map(({ atMs }, index) => ({ name, at: atMs / 1_000, number: String(index + 1) })),
  );
  const last = Math.max(...arms.map(({ record }) => record.seconds.length));
  return inBothShapes(() => ({
    height: 80 + 150 * arms.length,
    marginTop: 44,
    x: { label: 'seconds since the first request', domain: [0, last] },
    y: { label: 'requests a second', grid: true, nice: true },
    fy: { domain: arms.map(({ name }) => name), axis: null, paddingInner: 0.25, paddingOuter: 0 },
    marks: [
      Plot.frame({ strokeOpacity: 0.25 }),
      ...arms.flatMap(({ name }) =>
        Plot.rectY(
          bars,
          Plot.stackY(
            { order: kinds as unknown as string[] },
            {
              filter: (bar: { name: string }) => bar.name === name,
              fy: 'name',
              x1: 'from',
              x2: 'to',
              y: 'requests',
              z: 'kind',
              fill: ({ kind }: { kind: Kind }) => colourOf(kind, name),
              fillOpacity: ({ kind }: { kind: Kind }) => (kind === 'refused' ? 0.45 : 1),
              inset: 0.25,
            },
          ),
        ),
      ),
      Plot.ruleX(events, { fy: 'name', x: 'at', stroke: 'currentColor', strokeDasharray: '3 3' }),
      Plot.text(events, {
        fy: 'name',
        x: 'at',
        frameAnchor: 'top',
        dy: 8,
        text: 'number',
        fill: 'currentColor',
        ...halo,
      }),
      ...arms.map(({ name }) =>
        Plot.text([name], {
          fy: [name],
          frameAnchor: 'top-right',
          lineAnchor: 'bottom',
          dy: -5,
          text: () => armNames[name],
          fontWeight: 'bold',
          fill: colours[name],
          ...halo,
        }),
      ),
    ],
  }));
}

/** Red is for what the load does not want. */
function colourOf(kind: Kind, name: ArmName): string {
  return kind === 'failed' ? badColour : colours[name];
}
