import { type CommandResult, isBatches } from '../command-result.js';
import { renderJson, renderJsonRows } from './json.js';

export type Format = 'table' | 'json' | 'yaml' | 'csv';

/** Each format loads only what it needs: a table's library is no cost to those who ask for JSON. */
export async function* renderResult(result: CommandResult, format: Format, colour: boolean): AsyncGenerator<string> {
  if (format === 'table') yield (await import('./view.js')).renderView(await result.view(), colour);
  else if (format === 'json' && isBatches(result.value)) yield* renderJsonRows(result.value);
  else yield renderValue(isBatches(result.value) ? await allRows(result.value) : result.value, format);
}

async function renderValue(value: unknown, format: Exclude<Format, 'table'>): Promise<string> {
  if (format === 'json') return renderJson(value);
  if (format === 'yaml') return (await import('./yaml.js')).renderYaml(value);
  return (await import('./csv.js')).renderCsv(value);
}

async function allRows(batches: AsyncIterable<readonly unknown[]>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const rows of batches) for (const row of rows) all.push(row);
  return all;
}
