const currencies = ['EUR', 'GBP', 'USD'] as const;
type Currency = (typeof currencies)[number];
export type Prices = Record<Currency, string>;

/** Units for one euro, as the bank sets them on Mondays. */
const rates: Record<Currency, number> = { EUR: 1, GBP: 0.86, USD: 1.08 };

/** A price in every currency that the shop takes, as it is shown. */
export function priceTags(euroCents: number): Prices {
  const tags = {} as Prices;
  for (const currency of currencies) tags[currency] = formatPrice(convert(euroCents, currency), currency);
  return tags;
}

function convert(euroCents: number, currency: Currency): number {
  return Math.round(euroCents * rates[currency]);
}

// Making a formatter costs some fifty times what using it costs, so there is one for each currency.
const formats = Object.fromEntries(
  currencies.map((currency) => [currency, new Intl.NumberFormat('en-GB', { style: 'currency', currency })]),
) as Record<Currency, Intl.NumberFormat>;

function formatPrice(cents: number, currency: Currency): string {
  return formats[currency].format(cents / 100);
}
