import type { OpenService } from '../service.ts';
import type { Email } from './email.ts';

/**
 * Why an e-mail is not taken: a 4xx may be tried again, a 5xx never; with `drop` the connection breaks in its middle. A text of
 * several lines makes a reply of as many lines, and with an empty one the code comes alone. An enhanced status code, such as
 * 4.7.1, is a part of the text.
 */
export type Refusal = { code: number; text: string } | 'drop';

/** What checks do with the SMTP server: slow it, make it refuse, and read what it took. */
export interface SmtpHandle extends OpenService {
  /** For the app's SMTP_URL: "smtp://127.0.0.1:41231". Without TLS and without a login. */
  url: string;
  /** What was taken, in the order of its acknowledgement. */
  readonly accepted: readonly Email[];
  /** What was offered and not taken, with why. Who was refused as a recipient has offered no e-mail. */
  readonly refused: readonly { email: Email; refusal: Refusal }[];
  /** Recipients that were refused before their e-mail came. */
  readonly refusedRecipients: readonly { address: string; refusal: Exclude<Refusal, 'drop'>; atMs: number }[];
  /** Senders that were refused. To whom the e-mail would have gone, and about what, has not been said then. */
  readonly refusedSenders: readonly { address: string; refusal: Exclude<Refusal, 'drop'>; atMs: number }[];
  /** What came whole, in the order in which it came: also what was refused, and what nobody waited for. */
  readonly offered: readonly Email[];
  /** Those whose sender hung up, or died, before it had an answer. */
  readonly abandoned: readonly Email[];
  /** Connections open now, the most at one time, how many there were since the last reset, and how many too many. */
  connections(): { now: number; most: number; total: number; turnedAway: number };
  /** How many connections it serves at one time from now on, in place of 5. */
  allow(connections: number): void;
  /** How long the server thinks after each e-mail, before it answers. */
  setLatency(latencyMs: number): void;
  /**
   * Whatever comes from now on, or only such e-mails, gets no answer until `release`: who sends it is in the middle of it.
   */
  hold(only?: (email: Email) => boolean): void;
  /** Answers what was held. */
  release(): void;
  /** Asked of each e-mail from now on; undefined takes it. */
  refuse(decide: ((email: Email, attempt: number) => Refusal | undefined) | undefined): void;
  /** The same, asked before `refuse` and kept when the server is restored: for what goes on beside other steps. */
  refuseBeside(decide: ((email: Email) => Refusal | undefined) | undefined): void;
  /** Asked of each recipient from now on; undefined takes it. The attempts are counted by address. */
  refuseRecipients(
    decide: ((address: string, attempt: number) => Exclude<Refusal, 'drop'> | undefined) | undefined,
  ): void;
  /** Said to every sender from now on; undefined takes them. */
  refuseSenders(refusal: Exclude<Refusal, 'drop'> | undefined): void;
  /** Breaks all connections and refuses new ones, until `restore`. */
  cut(): Promise<void>;
  /** Forgets what came, and counts connections anew. */
  reset(): void;
}
