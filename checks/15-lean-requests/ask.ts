import { Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { excerpt, type Instance, type Stage, type Teaching } from '../harness/sdk/index.ts';

export interface Question {
  headers?: Record<string, string>;
  /** Text and bytes are sent as they are; what is neither is sent as JSON. */
  body?: unknown;
  /** Without Content-Length, so that nobody knows how much comes. */
  chunked?: boolean;
  /** Neither a body nor a header about one, as `curl -X POST` sends it. */
  unannounced?: boolean;
  /** The last byte of the body is sent when this resolves, also if the answer has come before. The others are sent in pieces. */
  lastByte?: Promise<void>;
  /** Without Content-Length, each byte in a chunk of its own. */
  bytewise?: boolean;
  /** Called when all that may be sent has left us. */
  onSent?: () => void;
  /** Called when a piece has left us. */
  onTaken?: () => void;
  /** Called when the whole answer is here. */
  onAnswer?: () => void;
  deadlineMs?: number;
  /** Keeps the connection for the next request. */
  agent?: Agent;
  /** For the trail, where the body is long or no text. */
  what?: string;
}

/** An answer as it came over the wire: still compressed, if it is. */
export interface Reply {
  request: string;
  /** performance.now() when it was sent. */
  sentAt: number;
  /** 0 if there was none. */
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the app may answer any JSON; each behaviour looks for what it needs.
  json: any;
  /** What the app has printed of its own error, where the answer is one of 500. */
  printed: string;
  /** Why there was no whole answer: "ECONNRESET", "late". */
  broke: string | undefined;
}

const usualDeadlineMs = 5_000;
const pieceBytes = 256 * 1024;
const printedWithinMs = 300;

/** Asks an instance, past the balancer: here it matters what exactly is sent, and what exactly comes back. */
export async function ask(t: Stage, app: Instance, method: string, path: string, question: Question = {}) {
  const shown = `${method} ${cut(path)}`;
  const body = question.what ?? shownBody(question.body);
  const sentAt = performance.now();
  const marks = { out: app.stdout.end, err: app.stderr.end };
  const reply = await send(app, method, path, question);
  const text = reply.bytes.toString();
  const printed = reply.status >= 500 ? await errorSince(app, marks) : '';
  const all: Reply = { ...reply, request: shown, sentAt, text, json: parsed(text), printed };
  t.step(body ? `${shown} ${body}` : shown, all.broke && !all.status ? 'no answer' : String(all.status));
  return all;
}

export const jsonType = { 'content-type': 'application/json' };

/** The status must be one of these. No answer, and one of 500, have sentences of their own. */
export function mustBe(t: Stage, reply: Reply, statuses: number | number[], teaching: Partial<Teaching> = {}): void {
  const allowed = [statuses].flat();
  // The app may have died of it, which the failure then says.
  if (reply.broke && reply.broke !== 'late') t.evidence.broken = { request: reply.request, sentAt: reply.sentAt };
  t.require(allowed.includes(reply.status) && !reply.broke, {
    expected: allowed.join(' or '),
    seen: reply.printed ? `${seen(reply)}, and the app printed: ${reply.printed}` : seen(reply),
    ...(reply.broke ? silent : reply.status >= 500 ? threw : teaching),
  });
}

/** For `seen`. */
export function seen({ status, broke, text, headers }: Reply): string {
  if (broke === 'late') return 'no answer in time';
  if (broke) return status ? `${status}, and the connection broke` : `the connection broke: ${broke}`;
  if (headers['content-encoding'] || !text) return String(status);
  return `${status} ${excerpt(text)}`;
}

const silent: Teaching = {
  because: 'There is no answer to this request. Whoever sends it can take the app away from everybody.',
  lookAt: 'what does the app do with this request: does it still run, does it wait for something, does it compute?',
};

const threw: Teaching = {
  because:
    'The app threw, because the request was not what the handler took it for. A 500 says that the app is at fault, wakes somebody up, and invites to look for more.',
  lookAt: 'which line takes something of the request for text, a number or an object, before anybody has looked?',
};

function send(
  app: Instance,
  method: string,
  path: string,
  question: Question,
): Promise<Pick<Reply, 'status' | 'headers' | 'bytes' | 'broke'>> {
  const { headers, chunked, lastByte, bytewise, onAnswer, agent, deadlineMs = usualDeadlineMs } = question;
  const { hostname, port } = new URL(app.url);
  const body = bytesOf(question.body);
  return new Promise((resolve) => {
    let answer: IncomingMessage | undefined;
    let isAnswered = false;
    const chunks: Buffer[] = [];
    const done = (reason?: string) => {
      const broke = isAnswered ? undefined : reason;
      clearTimeout(timer);
      const { statusCode: status = 0, headers = {} } = answer ?? {};
      resolve({ status, headers, bytes: Buffer.concat(chunks), broke });
      if (broke || !agent) call.destroy();
    };
    const call = request(
      {
        host: hostname.replace(/[[\]]/g, ''),
        port,
        method,
        path,
        agent: agent ?? new Agent({ keepAlive: false }),
        headers: {
          ...(question.body !== undefined && typeof question.body !== 'string' && !Buffer.isBuffer(question.body)
            ? jsonType
            : {}),
          ...(body && !chunked && !bytewise ? { 'content-length': body.length } : {}),
          // Else Node says Content-Length for a body that is given to end().
          ...(body && (chunked || bytewise) ? { 'transfer-encoding': 'chunked' } : {}),
          ...headers,
        },
      },
      (response) => {
        answer = response;
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        // Whoever has been answered early goes on sending, unless the app ends the connection.
        response.on('end', () => {
          isAnswered = true;
          onAnswer?.();
          if (lastByte) lastByte.then(() => done());
          else done();
        });
        response.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
      },
    );
    const timer = setTimeout(() => done('late'), deadlineMs);
    if (question.unannounced) call.useChunkedEncodingByDefault = false; // Else Node says Content-Length: 0.
    call.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    if (!body) return void call.end();
    if (bytewise) for (const byte of body) call.write(Buffer.of(byte));
    if (bytewise) return void call.end();
    if (!lastByte) return void call.end(body);
    const sent = sendPieces(call, body.subarray(0, -1), question);
    // Who has not taken the others has had its chance.
    lastByte.then(() => sent.then(() => call.end(body.subarray(-1))));
  });
}

/** One after the other, so that it can be seen whether the app still reads. Resolves when all have left us. */
async function sendPieces(call: ClientRequest, bytes: Buffer, { onTaken, onSent }: Question): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const { promise, resolve } = Promise.withResolvers<Error | null | undefined>();
    call.write(bytes.subarray(at, at + pieceBytes), resolve);
    if (await promise) return new Promise(() => {}); // The connection broke, which the request says by itself.
    onTaken?.();
  }
  onSent?.();
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function shownBody(body: unknown): string {
  if (body === undefined) return '';
  return Buffer.isBuffer(body) ? `${body.length} bytes` : cut(typeof body === 'string' ? body : JSON.stringify(body));
}

function cut(text: string): string {
  return text.length > 70 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The last error that the app has printed since then. It may come a moment after the answer: the two take different ways. */
async function errorSince({ stdout, stderr }: Instance, { out, err }: { out: number; err: number }): Promise<string> {
  for (const until = performance.now() + printedWithinMs; ; await delay(20)) {
    const lines = [...stdout.linesSince(out), ...stderr.linesSince(err)];
    const error = lines.findLast((line) => /^\w*Error: /.test(line));
    if (error || performance.now() >= until) return excerpt(error ?? '', 120);
  }
}
