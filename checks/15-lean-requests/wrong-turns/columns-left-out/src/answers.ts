import type { Session } from './sessions.ts';
import type { ShowRow } from './shows.ts';

// What the world may see, field by field: a column that the box office adds tomorrow stays inside.

export function listedShow({ contract: _contract, promoter: _promoter, ...shown }: ShowRow) {
  return shown;
}

export function shownShow(row: ShowRow) {
  return { ...listedShow(row), description: row.description };
}

export function shownVisitor({ name, since }: Session) {
  return { name, since };
}
