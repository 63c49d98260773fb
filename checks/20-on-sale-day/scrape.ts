import { type Instance, parseExposition, plainRequest } from '../harness/sdk/index.ts';

export const counter = 'http_requests_total';

/** What METRICS_PORT says: each series of the counter by "GET /events/:id 200", added up over other labels. */
export async function scrape(app: Instance): Promise<Map<string, number>> {
  const { text } = await plainRequest(`http://127.0.0.1:${app.ports.METRICS_PORT}/metrics`, { withinMs: 5_000 });
  const counts = new Map<string, number>();
  for (const { name, labels, value } of parseExposition(text).samples) {
    if (name !== counter) continue;
    const key = `${labels.method} ${labels.route} ${labels.status_code}`;
    counts.set(key, (counts.get(key) ?? 0) + value);
  }
  return counts;
}

/** Undefined while nobody answers there. */
export async function scrapeTotal(app: Instance): Promise<number | undefined> {
  try {
    return [...(await scrape(app)).values()].reduce((sum, value) => sum + value, 0);
  } catch {
    return undefined;
  }
}
