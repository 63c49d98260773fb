/** What a worker tells the primary. */
export type Told =
  | { about: 'begun' }
  | { about: 'request'; labels: Record<string, string>; seconds: number }
  | { about: 'call'; labels: Record<string, string>; seconds: number }
  | { about: 'lag'; seconds: number };

export function tell(told: Told): void {
  process.send?.(told);
}
