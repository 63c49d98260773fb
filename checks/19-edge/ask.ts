import { Agent, type ClientRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** An answer as it came, or why none came. */
export interface Reply {
  /** 0 when the connection broke. */
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** "ECONNRESET", or "no answer within 5 s". */
  broke?: string;
}

export interface Question {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: Buffer | string;
  /** The address to ask from: on Linux all of 127.0.0.0/8 is this machine. */
  from?: string | undefined;
  agent?: Agent;
  withinMs?: number;
  /** The body of the answer is not read before. */
  hold?: Promise<void>;
  /** Whatever comes is the answer. */
  once?: boolean;
}

const mostTries = 4;

/**
 * Sends the path exactly as it is given, on a connection of its own unless an agent keeps some. A GET that gets a 504 is asked
 * again: on a busy machine Node may be late by itself.
 */
export async function ask(base: string, path: string, question: Question = {}): Promise<Reply> {
  const mayRepeat = !question.once && (question.method ?? 'GET') === 'GET';
  for (let tries = 1; ; tries++) {
    const { call, reply } = open(base, path, question);
    call.end(question.body);
    const answer = await reply;
    if (answer.status !== 504 || !mayRepeat || tries === mostTries) return answer;
  }
}

/** Begins a request. Whoever calls this sends the body and the end. */
export function open(
  base: string,
  path: string,
  question: Question = {},
): { call: ClientRequest; reply: Promise<Reply> } {
  const { method = 'GET', headers = {}, from, agent, hold, withinMs = 10_000 } = question;
  const { hostname, port } = new URL(base);
  const call = request({ hostname, port, path, method, headers, localAddress: from, agent: agent ?? false });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    call.destroy();
  }, withinMs);
  const reply = new Promise<Reply>((resolve) => {
    const broken = (error: NodeJS.ErrnoException) => {
      const broke = late ? `no answer within ${withinMs / 1_000} s` : (error.code ?? error.message);
      resolve({ status: 0, headers: {}, body: Buffer.alloc(0), broke });
    };
    call.on('error', broken);
    call.on('response', (answer) => {
      const { statusCode: status = 0, headers } = answer;
      answer.on('error', () => {}); // It may break before it is read, and is told of then.
      Promise.resolve(hold)
        .then(() => buffer(answer))
        .then((body) => resolve({ status, headers, body }), broken);
    });
  }).finally(() => clearTimeout(timer));
  return { call, reply };
}

export const order = (seats = 2) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ event: 'oslo', seats }),
});

export const jsonOf = ({ body }: Reply) => {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
};

export function inWords({ status, broke, body }: Reply): string {
  if (broke) return broke;
  return status < 400 ? String(status) : `${status} ${body.toString('utf8', 0, 60).replace(/\s+/g, ' ')}`.trim();
}

/** So many clients, each sending its next question when the last one is answered, over a connection of its own that is kept. */
export async function inTurns(clients: number, times: number, turn: (n: number, agent: Agent) => Promise<void>) {
  let next = 0;
  const agents = Array.from({ length: clients }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  try {
    await Promise.all(
      agents.map(async (agent) => {
        while (next < times) await turn(next++, agent);
      }),
    );
  } finally {
    for (const agent of agents) agent.destroy();
  }
}
