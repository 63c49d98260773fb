import type { Request } from 'express';
import type { ShowEvent } from './supplier.ts';

const languages = ['en', 'de', 'fr'] as const;
export type Language = (typeof languages)[number];

const dates = {
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' }),
  de: new Intl.DateTimeFormat('de-DE', { dateStyle: 'full', timeZone: 'UTC' }),
  fr: new Intl.DateTimeFormat('fr-FR', { dateStyle: 'full', timeZone: 'UTC' }),
};

/** The language that the browser likes best of those that the shop speaks. */
export function languageOf(req: Request): Language {
  const wanted = String(req.headers['accept-language'] ?? '')
    .split(',')
    .map((part) => ({
      name: part.trim().slice(0, 2).toLowerCase(),
      weight: Number(/;q=([\d.]+)/.exec(part)?.[1] ?? 1),
    }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  const best = wanted.find(({ name }) => languages.some((language) => language === name));
  return languages.find((language) => language === best?.name) ?? 'en';
}

/** "Sunday, 14 March 2027" */
export function dateIn(language: Language, event: ShowEvent): string {
  return dates[language].format(new Date(event.date));
}
