/** Text as it may stand in HTML, in an attribute, too. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

/** A table that scrolls by itself where the page is narrow. `rows` are whole table rows. */
export function table(name: string, head: readonly string[], rows: readonly string[]): string {
  const [first = '', ...others] = head;
  const corner = first ? `<th scope="col">${escapeHtml(first)}</th>` : '<td></td>';
  const columns = others.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('');
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(name)}"><table>
<thead><tr>${corner}${columns}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** A row of a table; its cells are text. */
export function row(head: string, cells: readonly (string | number | undefined)[]): string {
  const all = cells.map((cell) => `<td>${escapeHtml(String(cell ?? '–'))}</td>`).join('');
  return `<tr><th scope="row">${escapeHtml(head)}</th>${all}</tr>`;
}
