const currencies = ['EUR', 'GBP', 'USD'] as const;
type Currency = (typeof currencies)[number];
export type Prices = Record<Currency, string>;

/** Units for one euro, as the bank sets them on Mondays. */
const rates: Record<Currency, number> = { EUR: 1, GBP: 0.86, USD: 1.08 };
/** How the customers of each currency are used to reading it. */
const locales: Record<Currency, string> = { EUR: 'de-DE', GBP: 'en-GB', USD: 'en-US' };

const kept = new Map<number, { updatedAt: number; tags: Prices }>();

/** The price tags of an event: made once for each change. */
export function tagsOf(event: { id: number; cents: number; updatedAt: number }): Prices {
  let known = kept.get(event.id);
  if (known?.updatedAt !== event.updatedAt) {
    known = { updatedAt: event.updatedAt, tags: priceTags(event.cents) };
    kept.set(event.id, known);
  }
  return known.tags;
}

/** A price in every currency that the shop takes, as it is shown. */
export function priceTags(euroCents: number): Prices {
  const tags = {} as Prices;
  for (const currency of currencies) tags[currency] = formatPrice(convert(euroCents, currency), currency);
  return tags;
}

function convert(euroCents: number, currency: Currency): number {
  return Math.round(euroCents * rates[currency]);
}

function formatPrice(cents: number, currency: Currency): string {
  const format = new Intl.NumberFormat(locales[currency], { style: 'currency', currency });
  return format.format(cents / 100);
}
