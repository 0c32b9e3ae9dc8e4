import { expect, it } from 'vitest';
import { columns } from './columns.js';

it('aligns by what a terminal shows, not by characters', () => {
  const rows = [
    ['model', 'cost'],
    ['模型', '$1'],
    ['\u001b[1mé\u001b[22m', '$10'],
  ];
  expect(columns(rows, ['left', 'right'])).toBe('model  cost\n模型     $1\n\u001b[1mé\u001b[22m       $10');
});

it('keeps the lines of a cell in their column', () => {
  expect(
    columns([
      ['a', 'one\ntwo', 'x'],
      ['bb', 'three', ''],
    ]),
  ).toBe('a   one    x\n    two\nbb  three');
});

it('takes a table longer than a call may have arguments', () => {
  expect(columns(Array.from({ length: 200_000 }, () => ['a', 'b'])).length).toBe(200_000 * 5 - 1);
});
