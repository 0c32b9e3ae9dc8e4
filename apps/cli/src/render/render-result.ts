import type { CommandResult } from '../command-result.js';
import { renderJson } from './json.js';

export type Format = 'table' | 'json' | 'yaml' | 'csv';

/** Each format loads only what it needs: a table's library is no cost to those who ask for JSON. */
export async function renderResult(result: CommandResult, format: Format, colour: boolean): Promise<string> {
  if (format === 'json') return renderJson(result.value);
  if (format === 'yaml') return (await import('./yaml.js')).renderYaml(result.value);
  if (format === 'csv') return (await import('./csv.js')).renderCsv(result.value);
  return (await import('./view.js')).renderView(await result.view(), colour);
}
