/** What a learner may want of a check in the watch mode besides its behaviours. */
export type More = 'with load' | 'further';

/** How a check is called, and how the status line speaks of it. */
export interface KindOfCheck {
  flags: string[];
  doing: string;
  /** What came of it, by its exit code. */
  verdict(exitCode: number): string;
}

export function kindOfCheck(more: More | undefined): KindOfCheck {
  const withLoad = more === 'with load';
  const doing = {
    'with load': 'checking; the load follows once every behaviour holds',
    further: 'checking, and what goes further',
  };
  return {
    flags: [...(withLoad ? [] : ['--no-load']), ...(more === 'further' ? ['--further'] : [])],
    doing: more ? doing[more] : 'checking',
    verdict: (exitCode) => [withLoad ? 'pass' : 'every behaviour holds', 'fail'][exitCode] ?? 'inconclusive',
  };
}
