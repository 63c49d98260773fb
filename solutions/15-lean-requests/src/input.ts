import { RequestError } from './errors.ts';
import { findShow } from './shows.ts';

type Rules = Record<string, (value: unknown) => boolean>;

const longestText = 60;
const mostSeats = 8;

/**
 * Words with one space or hyphen between them. No text can be split into them in two ways, so a term that does not match
 * is left after one pass.
 */
const searchTerm = /^[\p{L}\p{N}]+(?:[ -][\p{L}\p{N}]+)*$/u;

function isText(value: unknown, atMost: number): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= atMost;
}

function isCount(value: unknown, atMost: number): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= atMost;
}

const orderRules: Rules = {
  show: (value) => isText(value, 20),
  seats: (value) => isCount(value, mostSeats),
};

const visitorRules: Rules = { name: (value) => isText(value, longestText) };

/** All that is wrong at once, so that a client mends it in one go. */
function requireFields(body: unknown, rules: Rules): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new RequestError(400, 'the body must be a JSON object');
  const wrong = Object.entries(rules).filter(([name, isRight]) => !isRight((body as Record<string, unknown>)[name]));
  // A list of what is known: nobody can list what else may come.
  const unknown = Object.keys(body).filter((name) => !Object.hasOwn(rules, name));
  const fields = [...wrong.map(([name]) => name), ...unknown];
  if (fields.length > 0) throw new RequestError(400, 'some fields are missing, wrong or unknown', fields);
}

export function orderIn(body: unknown) {
  requireFields(body, orderRules);
  const { show: id, seats } = body as { show: string; seats: number };
  const show = findShow(id);
  if (!show) throw new RequestError(404, 'no such show');
  return { show, seats };
}

export function visitorIn(body: unknown) {
  requireFields(body, visitorRules);
  return body as { name: string };
}

/** The city that is asked for, if one is. */
export function cityIn({ city }: { city?: unknown }): string | undefined {
  if (city === undefined || isText(city, longestText)) return city;
  throw new RequestError(400, `city must be one text of 1 to ${longestText} characters`);
}

export function searchTermIn({ q }: { q?: unknown }): string {
  if (isText(q, longestText) && searchTerm.test(q)) return q;
  throw new RequestError(400, `q must be one text of 1 to ${longestText} characters: words of letters and digits`);
}
