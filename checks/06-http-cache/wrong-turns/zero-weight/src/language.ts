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
  const wishes = (req.get('Accept-Language') ?? '').split(',').map((wish) => {
    const [tag = '', q] = wish
      .trim()
      .toLowerCase()
      .split(/;\s*q=/);
    return { tag: tag.split('-')[0], weight: Number(q) || 1 };
  });
  wishes.sort((a, b) => b.weight - a.weight);
  const best = wishes.find(({ tag }) => languages.some((language) => language === tag));
  return languages.find((language) => language === best?.tag) ?? 'en';
}

/** "Sunday, 14 March 2027" */
export function dateIn(language: Language, event: ShowEvent): string {
  return dates[language].format(new Date(event.date));
}
