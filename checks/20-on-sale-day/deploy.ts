import { isUnanswered } from './ask.ts';
import lesson from './lesson.ts';
import { conclude, isWithin, kindsOf, type Part } from './parts.ts';
import type { Deployed } from './program.ts';

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
      const brokenOff = deploys.map(({ slow }) => slow).filter(({ status }) => status !== 200);
      // Asked past the balancer, so that it does not matter how soon that has looked.
      const unserved = deploys.flatMap((deploy) => deploy.unserved);
      const refuses = deploys.some((deploy) => deploy.refuses);
      const count = meanwhile.length + deploys.length + unserved.length;
      const isBrokenOff = brokenOff.some(({ broken }) => !broken?.startsWith('no answer'));
      const failed = [...meanwhile.filter((answer) => isUnanswered(answer)), ...brokenOff, ...unserved];
      const ended = deploys.filter(({ failure, ending }) => !failure && !ending);
      const unclean = deploys.find((deploy) => !ended.includes(deploy));
      const noticed = deploys.filter(
        ({ noticedMs, saidNo, saidYes }) => noticedMs <= delayMs && saidNo && saidYes === 0,
      );
      const mute = deploys.some(({ saidNo }) => !saidNo);
      // So late a look of the balancer finds an instance that has ended by right.
      const looksLate = deploys.some(({ gapMs }) => gapMs > delayMs / 2);
      const lateOnly = failed.every(({ broken }) => broken?.startsWith('no answer'));
      t.step(
        `both instances deployed, ${count} requests meanwhile: on each a login whose body came after DRAIN_DELAY_MS`,
      );
      conclude(t, minute, [
        {
          worth: 0.6,
          // What is broken off is no matter of time: its head came before SIGTERM, and its body was waited for or not.
          timed: (looksLate || lateOnly) && failed.length <= count / 4 && !isBrokenOff && !refuses,
          share: failed.length === 0 ? 1 : failed.length <= 2 ? 0.6 : failed.length <= 8 ? 0.3 : 0,
          seen: `${failed.length} of ${count} requests failed because of the deploy: ${kindsOf(failed)}`,
          good: `none of ${count} requests failed in the deploy`,
          ...whyFailed(deploys, failed.length === brokenOff.length),
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

/**
 * Why requests failed in a deploy. The part's own reason is that of a process that has ended at once.
 * @param onlySlow only those whose body came after DRAIN_DELAY_MS.
 */
function whyFailed(deploys: readonly Deployed[], onlySlow: boolean): { because?: string; lookAt?: string } {
  if (deploys.some(({ endedMs }) => endedMs < delayMs)) return {};
  if (onlySlow)
    return {
      because: 'What was in flight when the delay had passed was broken off. Nobody waited for it.',
      lookAt: 'what happens between the end of the delay and the end of the process, and what does that wait for?',
    };
  if (deploys.some(({ saidYes }) => saidYes > 0))
    return {
      because:
        'After SIGTERM the process serves on, but /ready stays 200. So the balancer sends requests until nobody is there.',
      lookAt: 'what is the first thing that happens on SIGTERM, on every worker?',
    };
  return {
    because: 'The process lives on after SIGTERM, but refuses what still comes, or breaks off what it has begun.',
    lookAt: 'when does each worker stop to listen, when does it close kept connections, and what does it wait for?',
  };
}
