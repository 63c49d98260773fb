import { Inconclusive } from '../model/verdict.ts';
import { troubleIn } from '../os/trouble.ts';
import type { Availability, Provider, Session } from './provider.ts';

/**
 * Starts, or borrows a part of, the first provider that works. One that somebody insists on is the only one: whoever sets
 * REDIS_URL wants that Redis. What was tried and left is told through `onProgress`.
 * @throws {Inconclusive} when none works, or when one fails by what has a fix of its own, such as a full disk.
 */
export async function startFirstUsable<Server>(
  what: { name: string; fix: string },
  providers: readonly Provider<Server>[],
  session: Session,
): Promise<Server> {
  const reasons: string[] = [];
  for (const provider of providers) {
    if (provider.insisted) return provider.start(session);
    const availability = await provider.available();
    if (!availability.ok) {
      reasons.push(`${provider.name}: ${availability.why}`);
      continue;
    }
    try {
      return await provider.start(session);
    } catch (error) {
      // Of what the machine refuses at this moment nothing follows about the provider.
      if (error instanceof Inconclusive || troubleIn(error)) throw error;
      const reason = `${provider.name}: ${(error as Error).message}`;
      reasons.push(reason);
      session.onProgress(reason);
    }
  }
  throw new Inconclusive(`no ${what.name} can be had here. ${reasons.join('; ')}`, what.fix);
}

/** One line of `npm run doctor`. */
export type Explanation = { name: string; used: boolean } & Availability;

/** Every provider in order, and which one a check would use. Starts nothing and downloads nothing. */
export async function explainProviders(providers: readonly Provider<unknown>[]): Promise<Explanation[]> {
  const found = await Promise.all(providers.map((provider) => provider.available()));
  const insisted = providers.findIndex((provider) => provider.insisted);
  const used = insisted === -1 ? found.findIndex((one) => one.ok) : insisted;
  return providers.map((provider, at) => {
    const availability = found[at] as Availability;
    return { name: provider.name, used: at === used && availability.ok, ...availability };
  });
}
