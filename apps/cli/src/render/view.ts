import Table from 'cli-table3';
import pc from 'picocolors';
import type { Block, View } from '../command-result.js';
import { printable } from './printable.js';

// Horizontal lines between rows say nothing in tables of a few columns.
const CHARACTERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};
const STYLE = { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true };

export function renderView(view: View, colour: boolean): string {
  const colours = pc.createColors(colour);
  return `${view.map((block) => renderBlock(block, colours)).join('\n\n')}\n`;
}

function renderBlock(block: Block, colours: ReturnType<typeof pc.createColors>): string {
  if (block.kind === 'text') return printable(block.text);
  if (block.kind === 'fields') {
    const table = new Table({ chars: CHARACTERS, style: STYLE });
    table.push(...block.fields.map(([name, value]) => [colours.dim(name), printable(value)]));
    return trimmed(table.toString());
  }
  const table = new Table({
    head: block.columns.map(({ name }) => colours.bold(name)),
    colAligns: block.columns.map(({ align }) => align ?? 'left'),
    chars: CHARACTERS,
    style: STYLE,
  });
  table.push(...block.rows.map((row) => row.map(printable)));
  const title = block.title === undefined ? '' : `${colours.bold(block.title)}\n`;
  return title + trimmed(table.toString());
}

function trimmed(table: string): string {
  return table
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
