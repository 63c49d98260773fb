/** What is done to the shop in its minute: program.ts. */
export type Act = 'serving' | 'bot' | 'kill' | 'redis' | 'smtp' | 'price' | 'deploy' | 'supplier';
/** What all customers do at the same moment: rushes.ts. */
export type Rush = 'eight seats' | 'many seats' | 'just before the kill' | 'the last seats' | 'their lists';

/** How long requests are sent, and in which second of that something happens. */
export interface Script {
  seconds: number;
  acts: Readonly<Partial<Record<Act, number>>>;
  rushes: Readonly<Partial<Record<Rush, number>>>;
  /** How many seconds the bot, the SMTP server's 451 and the box office's absence last. */
  bot: number;
  smtp: number;
  supplier: number;
  /** As the output says it: "a minute". */
  name: string;
}

const whole: Script = {
  name: 'a minute',
  seconds: 60,
  acts: { serving: 8, bot: 10, kill: 12, redis: 20, smtp: 30, price: 36, deploy: 42, supplier: 50 },
  rushes: { 'eight seats': 4, 'many seats': 6, 'just before the kill': 12, 'the last seats': 16, 'their lists': 26 },
  bot: 30,
  smtp: 6,
  supplier: 3,
};

/** All of it in half the time. */
const short: Script = {
  name: 'a short minute of 30 s',
  seconds: whole.seconds / 2,
  acts: halved(whole.acts),
  rushes: halved(whole.rushes),
  bot: whole.bot / 2,
  smtp: whole.smtp / 2,
  supplier: whole.supplier / 2,
};

/** What one part or rule is judged by, without what only the others need: verify judges wrong turns so. */
const scenes: Record<string, Pick<Script, 'seconds'> & Partial<Script>> = {
  sessions: { seconds: 7, acts: { redis: 1 } },
  prices: { seconds: 5, acts: { price: 1 } },
  caching: { seconds: 2 },
  'event-loop': { seconds: 2 },
  cores: { seconds: 7, acts: { serving: 1, kill: 4 }, rushes: { 'just before the kill': 4 } },
  database: { seconds: 2 },
  errors: { seconds: 3, acts: { supplier: 1 }, rushes: { 'eight seats': 0.5 }, supplier: 1 },
  // Longer than LOGIN_WINDOW_S.
  bot: { seconds: 17, acts: { bot: 1 }, bot: 16 },
  deploys: { seconds: 10, acts: { deploy: 1 } },
  emails: { seconds: 5, acts: { smtp: 1 }, rushes: { 'eight seats': 2 }, smtp: 2 },
  memory: { seconds: 2 },
  metrics: { seconds: 3, acts: { kill: 1 } },
  oversell: { seconds: 4, rushes: { 'eight seats': 1, 'many seats': 2, 'the last seats': 3 } },
  'lost-orders': { seconds: 5, acts: { kill: 2 }, rushes: { 'just before the kill': 2 } },
  privacy: { seconds: 5, rushes: { 'eight seats': 1, 'many seats': 2, 'their lists': 4 } },
};

/** @param forOne the one part or rule that is judged by it. */
export function scriptFor({ isShort, forOne }: { isShort: boolean; forOne?: string | undefined }): Script {
  const scene = isShort && forOne !== undefined ? scenes[forOne] : undefined;
  if (!scene) return isShort ? short : whole;
  return { ...short, name: `${scene.seconds} s of the minute`, acts: {}, rushes: {}, ...scene };
}

function halved<Name extends string>(seconds: Readonly<Partial<Record<Name, number>>>): Partial<Record<Name, number>> {
  return Object.fromEntries(
    Object.entries<number | undefined>(seconds).map(([name, at = 0]) => [name, at / 2]),
  ) as Partial<Record<Name, number>>;
}
