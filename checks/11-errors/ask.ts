import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { excerpt, type Instance, type Stage, type Teaching } from '../harness/sdk/index.ts';

export interface Question {
  headers?: Record<string, string>;
  /** Sent as it is; what is no text is sent as JSON. */
  body?: unknown;
  agent?: Agent;
  deadlineMs?: number;
  /** What to say where no answer comes. */
  unanswered?: Teaching;
  /** The second half of the body is sent when this resolves. */
  secondHalf?: Promise<void>;
  /** Aborting it is a client that hangs up. */
  signal?: AbortSignal;
}

/** An answer as it came over the wire, also half of one. */
export interface Reply {
  request: string;
  /** 0 when the connection broke before there was one. */
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the app may answer any JSON; each behaviour looks for what it needs.
  json: any;
  /** The connection did not break before its end. */
  whole: boolean;
  /** Milliseconds until its end. */
  ms: number;
  /** How it ended otherwise: "ECONNRESET". */
  broke: string | undefined;
}

const usualDeadlineMs = 5_000;

/**
 * Asks an instance, past the balancer: this lesson is about what a client gets when something goes wrong in the middle.
 * A connection that breaks is an answer, too; only silence fails the behaviour.
 */
export async function ask(
  t: Stage,
  app: Instance,
  method: string,
  path: string,
  question: Question = {},
): Promise<Reply> {
  const { deadlineMs = usualDeadlineMs } = question;
  const name = `${method} ${path.length > 60 ? `${path.slice(0, 60)}…` : path}`;
  const startedAt = performance.now();
  const reply = await send(app, method, path, question, deadlineMs);
  const answer: Reply = { ...reply, request: name, ms: performance.now() - startedAt, json: parsed(reply.text) };
  t.step(name, inWords(answer));
  t.require(answer.broke !== 'late', {
    expected: 'an answer',
    seen: `none within ${deadlineMs / 1_000} s`,
    because: 'The request hangs. Something failed, nobody was told, and the client waits until it gives up.',
    lookAt: 'what happens to an error in this handler, and who answers then?',
    ...question.unanswered,
  });
  return answer;
}

export function inWords({ status, whole, broke }: Reply): string {
  if (broke === 'late') return 'no answer';
  if (status === 0) return `the connection broke: ${broke}`;
  return whole ? String(status) : `${status}, and the connection broke in the middle`;
}

/** For `seen`. */
export function seen(reply: Reply): string {
  const type = reply.headers['content-type'];
  if (!reply.whole && reply.status !== 0)
    return `half of an answer: ${reply.status} ${type ?? 'without a type'} ${excerpt(reply.text)}`;
  return reply.text ? `${inWords(reply)} ${type ?? 'without a type'} ${excerpt(reply.text)}` : inWords(reply);
}

type Raw = Omit<Reply, 'request' | 'ms' | 'json'>;

function send(app: Instance, method: string, path: string, question: Question, deadlineMs: number): Promise<Raw> {
  const { body, headers, agent = new Agent({ keepAlive: false }), signal, secondHalf } = question;
  const { hostname, port } = new URL(app.url);
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve) => {
    let answer: IncomingMessage | undefined;
    let received = '';
    const done = (broke?: string) => {
      clearTimeout(timer);
      const { statusCode = 0, headers: got = {} } = answer ?? {};
      resolve({ status: statusCode, headers: got, text: received, whole: broke === undefined, broke });
    };
    const call = request(
      {
        host: hostname.replace(/[[\]]/g, ''),
        port,
        method,
        path,
        agent,
        signal,
        headers: {
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
          ...(text === undefined || headers?.['transfer-encoding']
            ? {}
            : { 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      },
      (response) => {
        answer = response;
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          received += chunk;
        });
        response.on('end', () => done());
        response.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
      },
    );
    const timer = setTimeout(() => {
      done('late');
      call.destroy();
    }, deadlineMs);
    call.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    if (secondHalf && text !== undefined) {
      const half = Math.floor(text.length / 2);
      call.write(text.slice(0, half));
      secondHalf.then(() => call.end(text.slice(half)));
    } else call.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asks until an app that has just been started serves: for a moment it may answer 503. */
export async function serves(t: Stage, app: Instance): Promise<void> {
  const before = t.trail.length;
  await t.until('GET /seats to be answered with 200', async () => (await ask(t, app, 'GET', '/seats')).status === 200);
  t.trail.retell(before);
}
