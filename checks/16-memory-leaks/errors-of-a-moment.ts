import type { Instance, Stage } from '../harness/sdk/index.ts';
import { marked, OpenRequest } from './client.ts';
import { kept, mustShow } from './error-list.ts';

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
    await mustShow(t, app, newestFirst.slice(0, kept), {
      because:
        'The newest error is the one that was answered last. These were answered in their order, many of them in the same millisecond, and the list has another one.',
      lookAt: 'by what is the list put in order, and what if that is equal?',
    });
  } finally {
    first.hangUp('FIN');
  }
}
