export function markdownTable(names, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(names), line(names.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** A page with what stands between `<!-- name -->` and `<!-- /name -->` replaced. */
export function withPart(page, name, part) {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The page has no part ${start} … ${end}.`);
  return `${page.slice(0, from + start.length)}\n${part}\n${page.slice(to)}`;
}
