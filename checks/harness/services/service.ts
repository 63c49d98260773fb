import type { Lesson } from '../model/lesson.ts';
import type { Look, Session } from './provider.ts';

/** A server that is open for a lesson or for one behaviour. Whoever opened it closes it. */
export interface OpenService {
  /** For the first lines of a check: "redis-server 7.0.15 (PATH)". */
  readonly label: string;
  /** What the app is told of it: { REDIS_URL: "redis://127.0.0.1:41231/0" }. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts right what a behaviour broke, so that the next one starts from a working server. */
  restore(): Promise<void>;
  /** Whether the server itself answers. When not, no app is to blame. */
  alive(): Promise<boolean>;
  close(): Promise<void>;
}

/** What opening takes. The lesson has the service's own data, such as its seed. `subjectDir` is the app's folder,
 * `doorPort` where visitors come in, if somebody wants a certain one. */
export type OpenOptions = Look &
  Session & { lesson: Lesson; subjectDir?: string | undefined; doorPort?: number | undefined };

/** A kind of service: one folder, and one line in registry.ts. */
export interface ServiceKind<Open extends OpenService, More = undefined> {
  /** As a sentence has it: "the Redis". */
  title: string;
  /** What to do when it can't be had, or has died. */
  fix: string;
  /** @param more where a behaviour wants another one than the lesson's. */
  open(options: OpenOptions, more?: More): Promise<Open>;
}
