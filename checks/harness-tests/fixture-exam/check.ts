import { plainRequest } from '../../harness/net/plain-request.ts';
import { defineExam, type MinuteShown } from '../../harness/runner/exam.ts';
import lesson from './lesson.ts';

interface Asked extends MinuteShown {
  statuses: Map<string, number>;
}

const paths = ['/', '/secret', '/robots.txt', '/favicon.ico'];

defineExam<Asked>(lesson, ({ minute, part, rule }) => {
  minute(async (t, { isShort, forOne }) => {
    const statuses = new Map<string, number>();
    for (const path of paths) statuses.set(path, (await plainRequest(t.url + path)).status);
    return {
      statuses,
      requests: paths.length,
      seconds: 1,
      note: forOne ? `what ${forOne} needs` : isShort ? 'a short minute' : 'a whole minute',
      events: [{ atMs: 0, what: 'asked' }],
      everySecond: [{ good: 1, refused: 3, failed: 0 }],
    };
  });
  part(
    'page',
    'The page',
    { points: 60, lessons: [1], because: 'Everybody asks for it.', lookAt: 'the route of /' },
    async (t, { statuses }) => t.score(statuses.get('/') === 200 ? 1 : 0, `/ was ${statuses.get('/')}`),
  );
  part(
    'files',
    'The files',
    { points: 40, lessons: [2, 3], because: 'Each browser asks for them.', lookAt: 'where are they?' },
    async (t, { statuses }) => {
      const asked = ['/', '/robots.txt', '/favicon.ico'];
      const found = asked.filter((path) => statuses.get(path) === 200);
      t.score(found.length / asked.length, `${found.length} of ${asked.length} files were there`);
    },
  );
  rule(
    'secret',
    'Nobody reads the secret',
    { because: 'The app lets everybody in.', lookAt: 'the route of /secret' },
    async (t) => {
      (await t.visitor().get('/secret')).mustBe(401);
    },
  );
});
