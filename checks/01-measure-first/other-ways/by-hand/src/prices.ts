const currencies = ['EUR', 'GBP', 'USD'] as const;
type Currency = (typeof currencies)[number];
export type Prices = Record<Currency, string>;

/** Units for one euro, as the bank sets them on Mondays. */
const rates: Record<Currency, number> = { EUR: 1, GBP: 0.86, USD: 1.08 };
/** How the customers of each currency are used to reading it. Between number and € stands a no-break space. */
const styles: Record<Currency, { before: string; group: string; point: string; after: string }> = {
  EUR: { before: '', group: '.', point: ',', after: '\u00a0€' },
  GBP: { before: '£', group: ',', point: '.', after: '' },
  USD: { before: '$', group: ',', point: '.', after: '' },
};

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
  const { before, group, point, after } = styles[currency];
  let whole = String(Math.floor(cents / 100));
  for (let at = whole.length - 3; at > 0; at -= 3) whole = whole.slice(0, at) + group + whole.slice(at);
  return before + whole + point + String(cents % 100).padStart(2, '0') + after;
}
