import { isDeepStrictEqual } from 'node:util';
import { type Answer, excerpt, type Stage, type Teaching } from '../harness/sdk/index.ts';

/** An event as the contract shows it. */
export interface Listed {
  id: number;
  title: string;
  startsAt: string;
  venue: { id: number; name: string; city: string } | null;
  artists: { id: number; name: string }[];
  fromCents: number | null;
}

const inOneQuery = `
  SELECT json_build_object(
    'id', e.id,
    'title', e.title,
    'startsAt', to_char(e.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'venue', (SELECT json_build_object('id', v.id, 'name', v.name, 'city', v.city) FROM venues v WHERE v.id = e.venue_id),
    'artists', coalesce((
      SELECT json_agg(json_build_object('id', a.id, 'name', a.name) ORDER BY l.position)
      FROM event_artists l JOIN artists a ON a.id = l.artist_id WHERE l.event_id = e.id), '[]'),
    'fromCents', (SELECT min(p.price_cents) FROM prices p WHERE p.event_id = e.id)
  ) AS event
  FROM events e`;

/** What the list must show now, read from the database itself. */
export async function truePage(t: Stage, { from, limit }: { from?: string; limit: number }): Promise<Listed[]> {
  const sql = `${inOneQuery} WHERE e.starts_at >= $1::timestamptz ORDER BY e.starts_at, e.id LIMIT $2`;
  const rows = await t.postgres.query<{ event: Listed }>(sql, [`${from ?? '1970-01-01'} 00:00:00+00`, limit]);
  return rows.map(({ event }) => event);
}

export async function trueEvent(t: Stage, id: number): Promise<Listed | undefined> {
  const [row] = await t.postgres.query<{ event: Listed }>(`${inOneQuery} WHERE e.id = $1`, [id]);
  return row?.event;
}

const failed = {
  because: 'The request fails, so nothing can be said about what it would have shown.',
  lookAt: 'what does the app print for this request? npm run dev shows it.',
};
const unanswered = {
  because: 'The request is not answered at all, so nothing can be said about what it would have shown.',
  lookAt:
    'what does the request wait for? A pool waits for ever when all its connections are taken and none comes back.',
};

interface Patience {
  deadlineMs?: number;
  headers?: Record<string, string>;
  /** What to say when there is no answer. */
  teaching?: Partial<Teaching>;
  /** What to say when it is another one than 200. */
  failed?: Teaching;
}

/** GET. A page of 100 may take the starter a second, and far more on a busy machine. */
export function ask(t: Stage, path: string, patience: Patience = {}): Promise<Answer> {
  const { deadlineMs = 20_000, headers = {}, teaching } = patience;
  return t.visitor().get(path, { deadlineMs, headers, unanswered: { ...unanswered, ...teaching } });
}

/** GET that must be answered with 200. */
export async function read(t: Stage, path: string, patience: Patience = {}): Promise<Answer> {
  return (await ask(t, path, patience)).mustBe(200, patience.failed ?? failed);
}

/** The events of a list. */
export function eventsIn(t: Stage, answer: Answer): Listed[] {
  const { events } = (answer.json ?? {}) as { events?: Listed[] };
  const right = Array.isArray(events) && events.every((event) => typeof event === 'object' && event !== null);
  t.require(right, {
    expected: '{"events":[…]}, each an object',
    seen: excerpt(answer.text),
    because: 'The list has another shape than the contract says.',
    lookAt: 'what does the route hand to res.json?',
  });
  return events as Listed[];
}

const earlier = {
  because:
    'The list begins with events of the day before. A day begins at midnight UTC. Both the process (TZ) and the sessions of this database are in another time zone.',
  lookAt: 'in which time zone does the text of from become a moment, in JavaScript and in PostgreSQL?',
};
const later = {
  because: 'The list begins too late. Without from it begins with the first event, whether that is over or not.',
  lookAt: 'with which moment does a list without from begin?',
};
const others = {
  because:
    'These are other events than those that begin next, or they are in another order. Events that begin at the same time are in the order of their ids.',
  lookAt: 'what orders the list, in the statement and afterwards, and do the answers of other statements change it?',
};

/** The list must show these events in this order, with nothing more, less or different in them. */
export function mustShow(
  t: Stage,
  answer: Answer,
  expected: readonly Listed[],
  teaching: Partial<Teaching> = {},
): void {
  const shown = eventsIn(t, answer);
  const ids = shown.map(({ id }) => id);
  const expectedIds = expected.map(({ id }) => id);
  if (cutShort(shown, expected)) {
    t.require(false, {
      expected: `${expectedIds.length} events`,
      seen: `the first ${ids.length} of them`,
      because:
        'The list is cut short. A limit on joined rows counts rows, not events: a festival with 20 artists has used up 20 of them.',
      lookAt: 'to what does the limit apply: to events, or to what a join has made of them?',
      ...teaching,
    });
  }
  const beginsTooEarly = String(shown[0]?.startsAt) < String(expected[0]?.startsAt);
  const beginsTooLate = expectedIds.indexOf(ids[0] as number) > 0 && !ids.includes(expectedIds[0] as number);
  t.require(isDeepStrictEqual(ids, expectedIds), {
    expected: `the events ${inShort(expectedIds)}`,
    seen: inShort(ids),
    ...(beginsTooEarly ? earlier : beginsTooLate ? later : others),
    ...teaching,
  });
  for (const [index, event] of expected.entries()) mustEqual(t, shown[index], event, `event ${event.id}: `, teaching);
}

/** Only the first of them are shown, and those are the right ones. */
export function cutShort(shown: readonly Listed[], expected: readonly Listed[]): boolean {
  const right = shown.every(({ id }, index) => id === expected[index]?.id);
  return right && shown.length > 0 && shown.length < expected.length;
}

/** What a member is, where that says more than that it differs. */
const members: { [name in keyof Listed]?: Teaching } = {
  venue: {
    because:
      'That is not the venue in the database. An event has none if its venue_id is null. 0 is an id like others.',
    lookAt: 'how is an event found to have no venue, and how does it find the one that it has?',
  },
  startsAt: {
    because: 'That is another moment than the one in the database. It is shown in UTC, to the millisecond.',
    lookAt: 'how does starts_at become text: in which time zone, and with which parts of a second?',
  },
  artists: {
    because:
      'That is not the line-up in the database. It shows all who play, in the order of position. A position orders and may be missing; a name may hold any character.',
    lookAt: 'how do the rows of the other tables find their way to their event, and in which order?',
  },
  fromCents: {
    because: 'It is the lowest of the prices of this event. 0 is a price, and without prices it is null.',
    lookAt: 'how is the lowest price found? sort() without a function compares text: 10000 comes before 1900.',
  },
};

/** One event, member by member, so that the failure names the one that differs. */
export function mustEqual(
  t: Stage,
  shown: unknown,
  event: Listed,
  where = '',
  teaching: Partial<Teaching> = {},
): asserts shown is Listed {
  const seen = (shown ?? {}) as Record<string, unknown>;
  for (const name of new Set([...Object.keys(event), ...Object.keys(seen)])) {
    const [path, right, wrong] = firstDifference(name, event[name as keyof Listed], seen[name]) ?? [];
    t.require(path === undefined, {
      expected: `${where}${path} ${inJson(right)}`,
      seen: inJson(wrong),
      because: 'The event is not shown as it is in the database.',
      lookAt: 'how do the rows of the other tables find their way to their event, and in which order?',
      ...members[name as keyof Listed],
      ...teaching,
    });
  }
}

/** Where two values begin to differ, and how. Of two lists it is the first entry that does: "artists[19]". */
function firstDifference(name: string, right: unknown, seen: unknown): [string, unknown, unknown] | undefined {
  if (isDeepStrictEqual(right, seen)) return undefined;
  if (!Array.isArray(right) || !Array.isArray(seen)) return [name, right, seen];
  const index = Array.from({ length: Math.max(right.length, seen.length) }).findIndex(
    (_, at) => !isDeepStrictEqual(right[at], seen[at]),
  );
  return [`${name}[${index}]`, right[index], seen[index]];
}

function inJson(value: unknown): string {
  return value === undefined ? 'nothing there' : excerpt(JSON.stringify(value), 160);
}

function inShort(ids: readonly unknown[]): string {
  return ids.length > 12 ? `${ids.slice(0, 12).join(', ')}, …` : ids.join(', ') || 'none';
}
