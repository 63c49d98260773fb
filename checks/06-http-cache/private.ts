import { type Answer, type CheckDefinition, excerpt, type Stage, type Teaching } from '../harness/sdk/index.ts';
import { ada, grace, invented, linus, mayBeShared, mustBe, read, whileHeld } from './steps.ts';

const asking = [
  ['somebody without a login', undefined, undefined],
  ['somebody with an invented session', invented, undefined],
  ['ada', ada, 'a-1,a-2'],
  ['grace', grace, 'g-1'],
  ['linus', linus, ''],
  ['ada', ada, 'a-1,a-2'],
  ['somebody without a login', undefined, undefined],
] as const;

/** What no shared cache may give to another visitor. */
export function privateBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'private',
    'no shared cache ever gives /me to somebody else',
    {
      because: 'The CDN keeps this page for everybody who asks for /me. A cache does not look at the cookie.',
      lookAt: 'what does the answer to /me say about who may keep it?',
    },
    async (t) => {
      for (const path of ['/me', '/me?from=/events/7']) await mustBeOwn(t, path);
      for (const path of ['/me/', '/ME', '/Me/?page=1']) await mustBeOwn(t, path, { mayBeAbsent: true });
      await mustNotMixUp(t);
    },
  );
}

/** @param mayBeAbsent The app may have no such page, or send visitors on to /me. */
async function mustBeOwn(t: Stage, path: string, { mayBeAbsent = false } = {}): Promise<void> {
  t.trail.begin();
  const spelled = mayBeAbsent ? likeMe(path) : undefined;
  for (const [who, cookies, offers] of asking) {
    t.step(`${who} asks:`);
    const { answer, cdn } = await read(t, path, {}, cookies && new Map(cookies));
    if (mayBeAbsent && answer.is(404, 301, 302, 303, 307, 308)) continue;
    if (cdn.served === 'hit' || cdn.served === 'stale') {
      t.require(false, { expected: 'an answer made for this visitor', seen: `CDN: ${cdn.served}`, ...spelled });
    }
    if (offers === undefined) {
      answer.mustBe(401);
      continue;
    }
    const seen = offersIn(answer.mustBe(200));
    const isOwn = seen === offers && answer.json?.name === who;
    t.require(isOwn, { expected: `the page of ${who} with ${offers || 'no offers'}`, seen: excerpt(answer.text) });
    requirePrivate(t, answer, spelled);
  }
}

function requirePrivate(t: Stage, answer: Pick<Answer, 'status' | 'headers'>, spelled?: Teaching): void {
  const { byCdn, byOthers } = mayBeShared(answer);
  const { 'cache-control': control } = answer.headers;
  const says = control
    ? 'Its Cache-Control lets every shared cache keep the page of this customer.'
    : 'It does not say who may keep it. Our CDN then keeps nothing, but the next one has a default of a day.';
  const because = byCdn ? says : `Only some CDNs know CDN-Cache-Control. All others go by Cache-Control. ${says}`;
  t.require(!byCdn && !byOthers, {
    expected: 'an answer that a shared cache must not keep',
    seen: control ? `Cache-Control: ${control}` : 'no Cache-Control',
    because,
    ...spelled,
  });
}

function likeMe(path: string): Teaching {
  return {
    because: `The shop answers ${path} like /me, and its rule for /me does not cover that address. Caches give this customer’s page to everybody who asks for it.`,
    lookAt: 'where is it decided who may keep the page, and does that compare addresses as the router does?',
  };
}

function offersIn(answer: Answer | undefined): string | undefined {
  return answer?.json?.offers?.map?.((offer: { id?: string }) => offer?.id).join();
}

/** Two customers and a made-up session ask at once; then one customer has the tag of the other. */
async function mustNotMixUp(t: Stage): Promise<void> {
  const mixedUp = {
    because:
      'Somebody got the answer to the request of another one: the shop takes two requests for /me as the same request.',
    lookAt: 'what decides that a request may have the answer, or the 304, of another one?',
  };
  t.trail.begin('ada, somebody with an invented session of ada’s, and grace ask at the same time:');
  const [adas, inventeds, graces] = await whileHeld(t, () =>
    [ada, invented, grace].map((cookies) => t.visitor({ cookies }).get('/me')),
  );
  for (const [who, answer, offers] of [
    ['ada', adas, 'a-1,a-2'],
    ['grace', graces, 'g-1'],
  ] as const) {
    const seen = offersIn(answer);
    t.require(seen === offers, {
      expected: `the offers of ${who}: ${offers}`,
      seen: excerpt(answer?.text ?? ''),
      ...mixedUp,
    });
  }
  if (inventeds) {
    mustBe(inventeds, 401, {
      because:
        'Somebody without a login got the page of ada, who asked at the same moment: the shop takes two sessions for the same one.',
      lookAt: mixedUp.lookAt,
    });
  }
  const tag = adas?.headers.etag;
  if (!adas || !tag) return;
  const headers = { 'if-none-match': tag };
  t.step(`ada asks with the ETag of her page, ${tag}:`);
  const unchanged = mustBe(await t.visitor({ cookies: ada }).get('/me', { headers }), [200, 304]);
  requirePrivate(t, { status: 200, headers: { ...adas.headers, ...unchanged.headers } });
  t.step(`grace asks with the ETag of ada’s page, ${tag}:`);
  mustBe(await t.visitor({ cookies: grace }).get('/me', { headers }), 200, mixedUp);
}
