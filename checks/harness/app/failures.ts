import type { StopBesideClients } from '../model/lesson.ts';
import type { Step } from '../model/trail.ts';
import { BehaviourFailure, type Failure } from '../model/verdict.ts';
import type { OutputTail } from '../os/output-tail.ts';
import { knownMistake, portOfItsOwn } from './known-mistakes.ts';

// What may be wrong with an app as a process, in the sentences that its author reads.

/** What these sentences need to know of a process: `AppProcess` is one. */
interface AppFacts {
  readonly name: string;
  /** "node src/server.ts". */
  readonly command: string;
  readonly port: number;
  readonly output: OutputTail;
  /** "exit code 1" or "signal SIGKILL". */
  ending(): string;
  lastLines(count?: number): string[];
}

/** In as many a mistake that is known is looked for. */
const knownBytes = 16_000;

export function exitedEarly(app: AppFacts): BehaviourFailure {
  const output = app.output.lastBytes(knownBytes);
  const port = portOfItsOwn(output, app.port);
  if (port !== undefined) return wrongPort(app, [port], `it wanted port ${port} and could not have it`);
  return new BehaviourFailure({
    kind: 'exited-early',
    trail: [{ what: app.command }],
    expected: 'to listen on PORT',
    seen: `it ended with ${app.ending()} before it listened`,
    because: 'The app ended while it was starting. Its own last lines say why.',
    lookAt: `the error below; ${app.command} in the lesson folder shows the same`,
    ...knownMistake(output),
    appOutput: app.output.crashLines(12),
  });
}

/** A process of the app beside its instances, which is to run until it is told to stop. */
export function workerEnded(app: AppFacts, script: string): BehaviourFailure {
  return new BehaviourFailure({
    kind: 'exited-early',
    trail: [{ what: app.command }],
    expected: 'to run until it gets SIGTERM',
    seen: `it ended with ${app.ending()} while it was starting`,
    because: `${script} ended by itself. Nobody does the work that is left for it.`,
    lookAt: `the error below, if there is one; ${app.command} in the lesson folder shows the same`,
    ...knownMistake(app.output.lastBytes(knownBytes)),
    appOutput: app.output.crashLines(12),
  });
}

/** What a process of the app is started by, such as src/server.ts, can't even be tried. */
export function hasNoFile(dir: string, { file, command }: { file: string; command: string }): BehaviourFailure {
  return new BehaviourFailure({
    kind: 'exited-early',
    trail: [{ what: command }],
    expected: `a file ${file}`,
    seen: `${file} is not there`,
    because: 'The file that starts this process of the app is gone, so it can’t be started.',
    lookAt: `the folder ${dir}; npm run reset brings back the lesson as it was shipped`,
  });
}

/** A failure to start, of an app that has started before in the same check. */
export function notStartedAgain({ failure }: BehaviourFailure): Failure {
  return {
    ...failure,
    because: `The app had started before in this check. It was ended and could not be started again. ${failure.because}`,
    lookAt: `was a file saved during the check, or does the app trip over what its first start left behind? ${failure.lookAt}`,
  };
}

export function wrongPort(
  app: AppFacts,
  others: number[],
  seen = `it listens on ${others.join(', ')}`,
): BehaviourFailure {
  return notListening(app, {
    kind: 'wrong-port',
    seen,
    because: 'The app listens on a port of its own choice. Whoever starts it chooses the port, in the variable PORT.',
  });
}

export function neverListened(app: AppFacts, waitedMs: number): BehaviourFailure {
  return notListening(app, {
    kind: 'never-listened',
    seen: `nothing listens after ${Math.round(waitedMs / 1000)} s, and the app still runs`,
    because: 'The app runs but never listens, so nobody can reach it.',
  });
}

function notListening(app: AppFacts, what: Pick<Failure, 'kind' | 'seen' | 'because'>): BehaviourFailure {
  return new BehaviourFailure({
    ...what,
    trail: [{ what: `PORT=${app.port} ${app.command}` }],
    expected: `to listen on port ${app.port}`,
    lookAt: 'where does src/server.ts call listen, and with which port?',
    appOutput: app.lastLines(),
  });
}

/** An app that has died without being told to. */
export function hasCrashed(app: AppFacts, trail: Step[]): BehaviourFailure {
  return new BehaviourFailure({
    kind: 'crashed',
    trail: [...trail],
    expected: `${app.name} to keep running`,
    seen: `it ended with ${app.ending()}`,
    because: 'The process died. Every request that it was serving was lost, and so was all that it kept in memory.',
    lookAt: 'the error below: who throws it, and who should have caught it?',
    ...(app.ending() === 'signal SIGKILL' ? killedBySomebody : {}),
    ...(outOfMemory(app.output.lastBytes(knownBytes)) ?? knownMistake(app.output.lastBytes(knownBytes))),
    appOutput: app.output.crashLines(12),
  });
}

const killedBySomebody: Partial<Failure> = {
  because:
    'The process was ended with SIGKILL, and not by the check. If it was not you, it was the system, which does so to a process that takes more memory than there is.',
  lookAt: 'how much memory does the app take, and does that grow with each request?',
};

function outOfMemory(output: string): Partial<Failure> | undefined {
  if (!/(JavaScript|JS) heap out of memory/.test(output)) return undefined;
  return {
    because: 'The app ran out of memory: it kept more than the heap of Node can hold, and Node ended it.',
    lookAt: 'what grows with each request, and is never let go?',
  };
}

export function ignoredSigterm(app: AppFacts, deadlineMs: number): Failure {
  return {
    kind: 'ignored-sigterm',
    trail: [{ what: `SIGTERM to ${app.name}` }],
    expected: `to exit within ${deadlineMs / 1000} s`,
    seen: 'it still ran, and was ended with SIGKILL',
    because: 'A deploy sends SIGTERM and waits. An app that does not exit is killed, with whatever it was doing.',
    lookAt: 'what does the app do on SIGTERM, and what keeps its event loop alive afterwards?',
    appOutput: app.lastLines(),
  };
}

/** It would have ended, but for clients whose requests were not whole. */
export function waitedForClients(app: AppFacts, { withinMs, sent }: StopBesideClients): Failure {
  return {
    kind: 'ignored-sigterm',
    trail: [{ what: `clients keep connections: ${sent.map(halfSent).join('; ')}` }, { what: `SIGTERM to ${app.name}` }],
    expected: `to exit within ${withinMs / 1000} s`,
    seen: 'it still ran, and ended only when the clients had hung up',
    because:
      'The app waits for clients. server.close() ends the connections that are idle, and to Node a connection without a request, or with half of one, is not idle. Such a client can hold up a deploy for minutes.',
    lookAt: 'what ends the connections that server.close() leaves open, and when?',
    appOutput: app.lastLines(),
  };
}

/** What a client has sent, in words. */
function halfSent(part: string): string {
  if (part === '') return 'nothing is sent on one of them';
  const [head = '', body] = part.split('\r\n\r\n');
  const rest = body === undefined ? 'half of its head' : body === '' ? 'its head, and no body' : 'half of its body';
  return `of “${head.split(' HTTP/')[0]}” ${rest}`;
}

/** @param commands the command line of each, as far as it is still known. */
export function leftChildren(app: AppFacts, commands: string[]): Failure {
  const named = commands.filter(Boolean).map(excerptOf);
  return {
    kind: 'left-children',
    trail: [{ what: `SIGTERM to ${app.name}` }],
    expected: 'no process of the app to be left',
    seen: `${commands.length} of its child processes still ran${named.length > 0 ? `: ${named.join(', ')}` : ''}`,
    because: 'The app exited before its children. Nobody stops them now, and they keep memory and ports.',
    lookAt: 'who ends the child processes when the app gets SIGTERM?',
    appOutput: app.lastLines(),
  };
}

export function migrationFailed(
  script: string,
  { ending, output }: { ending: string; output: OutputTail },
): BehaviourFailure {
  return new BehaviourFailure({
    kind: 'migration-failed',
    trail: [{ what: `node ${script}` }],
    expected: 'to end with exit code 0',
    seen: ending,
    because: 'The migrations failed, so the app was not started: a deploy stops here, too.',
    lookAt: `the error below; node ${script} in the lesson folder, with DATABASE_URL set, shows the same`,
    ...knownMistake(output.lastBytes(knownBytes)),
    appOutput: output.crashLines(12),
  });
}

function excerptOf(command: string): string {
  const short = command.replaceAll(/\S*\/(?=\S)/g, ''); // Paths say more about the machine than about the app.
  return short.length > 60 ? `${short.slice(0, 60)}…` : short;
}
