import { isUnanswered } from './ask.ts';
import lesson from './lesson.ts';
import { conclude, isWithin, kindsOf, type Part } from './parts.ts';

const delayMs = Number(lesson.env.DRAIN_DELAY_MS);
/** What was sent to an instance just before it ended may be seen so much later. */
const graceMs = 300;

export function deployPart(part: Part): void {
  part(
    'deploys',
    'Deploys',
    {
      points: 10,
      lessons: [13],
      because: 'On SIGTERM the process ends at once, with whatever it was doing, and before the balancer knows.',
      lookAt: 'what does each process do on SIGTERM, in which order, and how long does it still serve?',
    },
    async (t, minute) => {
      const { asked, happened } = minute;
      if (process.platform === 'win32') t.skip('a deploy begins with SIGTERM, which Windows does not have; WSL does');
      const { deploys } = happened;
      const meanwhile = asked.filter((answer) => deploys.some((deploy) => isWithin(answer, deploy, graceMs)));
      const failed = meanwhile.filter((answer) => isUnanswered(answer));
      const ended = deploys.filter(({ failure, ending }) => !failure && !ending);
      const unclean = deploys.find((deploy) => !ended.includes(deploy));
      const noticed = deploys.filter(
        ({ noticedMs, saidNo, saidYes }) => noticedMs <= delayMs && saidNo && saidYes === 0,
      );
      const mute = deploys.some(({ saidNo }) => !saidNo);
      // So late a look of the balancer finds an instance that has ended by right.
      const looksLate = deploys.some(({ gapMs }) => gapMs > delayMs / 2);
      const lateOnly = failed.every(({ broken }) => broken?.startsWith('no answer'));
      t.step(`both instances deployed, ${meanwhile.length} requests meanwhile`);
      conclude(t, minute, [
        {
          worth: 0.6,
          timed: (looksLate || lateOnly) && failed.length <= meanwhile.length / 4,
          share: failed.length === 0 ? 1 : failed.length <= 2 ? 0.6 : failed.length <= 8 ? 0.3 : 0,
          seen: `${failed.length} of ${meanwhile.length} requests failed because of the deploy: ${kindsOf(failed)}`,
          good: `none of ${meanwhile.length} requests failed in the deploy`,
        },
        {
          worth: 0.2,
          share: ended.length / 2,
          seen: unclean?.failure
            ? `an instance did not end as it should: ${unclean.failure.seen}`
            : `an instance ended with ${unclean?.ending}, not with 0`,
          good: 'both instances ended with 0',
          because: unclean?.failure?.because ?? 'Whoever has told it to end takes that for a crash.',
          lookAt: unclean?.failure?.lookAt ?? 'who handles SIGTERM in the process that the platform has started?',
        },
        {
          worth: 0.2,
          timed: looksLate && !mute,
          share: noticed.length / 2,
          seen: mute
            ? 'an instance ended without a 503 to /ready'
            : '/ready was still 200 on a worker when the instance was about to end',
          good: 'and said so in time',
          because: 'The balancer sends requests to an instance until /ready is 503, or until they fail.',
          lookAt: 'what is the first thing that happens on SIGTERM, on every worker?',
        },
      ]);
    },
  );
}
