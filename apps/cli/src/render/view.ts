import pc from 'picocolors';
import type { Block, View } from '../command-result.js';
import { columns } from './columns.js';
import { printable } from './printable.js';

export function renderView(view: View, colour: boolean): string {
  const colours = pc.createColors(colour);
  return `${view.map((block) => renderBlock(block, colours)).join('\n\n')}\n`;
}

function renderBlock(block: Block, colours: ReturnType<typeof pc.createColors>): string {
  if (block.kind === 'text') return printable(block.text);
  if (block.kind === 'fields') {
    return columns(block.fields.map(([name, value]) => [colours.dim(name), printable(value)]));
  }
  const head = block.columns.map(({ name }) => colours.bold(name));
  const aligns = block.columns.map(({ align }) => align ?? 'left');
  const title = block.title === undefined ? '' : `${colours.bold(block.title)}\n`;
  return title + columns([head, ...block.rows.map((row) => row.map(printable))], aligns);
}
