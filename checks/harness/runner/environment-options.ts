import type { Launch } from '../app/instances.ts';
import type { Lesson } from '../model/lesson.ts';
import type { Run } from '../os/run.ts';

export interface EnvironmentOptions {
  lesson: Lesson;
  /** The folder of the app to judge: the learner's, the solution's, a wrong turn's. */
  subjectDir: string;
  run: Run;
  onProgress?: (text: string) => void;
  /** Port that visitors come to, of the CDN or else of the balancer; 0 picks a free one. */
  balancerPort?: number;
  /** Where the threads of the instances write their CPU profiles; they are not profiled without. */
  profileDir?: string | undefined;
  /** Gets each line that the app prints, as it comes, with the name of the process: "instance 1". */
  onOutput?: ((from: string, line: string) => void) | undefined;
  /** Asked at each start of the app, with the name of the instance: how it is started otherwise than by a check. */
  launch?: ((name: string) => Launch | Promise<Launch>) | undefined;
}
