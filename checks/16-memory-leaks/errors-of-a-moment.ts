import type { Instance, Stage } from '../harness/sdk/index.ts';
import { marked, OpenRequest } from './client.ts';
import { errorsOf, kept, mustShow } from './error-list.ts';

const atOnce = 24;

/** Requests on one connection, none of which waits for an answer: they are answered in their order, and in the same millisecond. */
export async function errorsOfAMoment(t: Stage, app: Instance): Promise<void> {
  const paths = Array.from({ length: atOnce }, () => marked('/events/none'));
  const requests: OpenRequest[] = [];
  for (const path of paths)
    requests.push(new OpenRequest(app, { method: 'GET', path }, { reads: requests.length === 0, on: requests[0] }));
  const [first] = requests as [OpenRequest];
  try {
    const answers = () => first.text.split('HTTP/1.1 404').length - 1;
    t.step(`${atOnce} requests fail on one connection, none of which waits for the answer to another`);
    await t.until(`${atOnce} answers`, () => answers() === atOnce || first.ended);
    if (answers() < atOnce) return; // Nobody promises to take more than one request from a connection.
    const newestFirst = paths.toReversed().map((path) => `GET ${path} 404`);
    const listed = new Set((await errorsOf(t, app)).map(({ path }) => path));
    const isOneMissing = paths.slice(-kept).some((path) => !listed.has(path));
    const teaching = isOneMissing ? oneOfAMoment : inAnotherOrder;
    await mustShow(t, app, newestFirst.slice(0, kept), teaching);
  } finally {
    first.hangUp('FIN');
  }
}

const oneOfAMoment = {
  because:
    'Many of these failed in the same millisecond, and the list has kept only some of them. A time is no name: two errors can have the same.',
  lookAt: 'what is an error in the list known by, and can two have the same?',
};

const inAnotherOrder = {
  because:
    'The newest error is the one that was answered last. These were answered in their order, many of them in the same millisecond, and the list has another one.',
  lookAt: 'by what is the list put in order, and what if that is equal?',
};
