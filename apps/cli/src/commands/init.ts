import { resolve } from 'node:path';
import { initInfospace } from '@budget/infospace';
import { type CommandResult, text } from '../command-result.js';

export async function init(infospace: string | undefined, directory: string): Promise<CommandResult> {
  const root = resolve(directory, infospace ?? '.');
  const written = await initInfospace(root);
  const lines =
    written.length === 0
      ? ['Everything was there already; nothing was changed.']
      : written.map((file) => `wrote ${file}`);
  return { value: { infospace: root, written }, view: () => [text(lines.join('\n'))] };
}
