import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import { expect, it } from 'vitest';
import { createWhole, namesIn, removeIfThere, renameIfThere } from './outbox-files.js';

it('a file is created once, and who comes second replaces nothing', () => {
  const directory = temporaryDirectory();
  expect(createWhole(directory, 'event.json', 'first')).toBe(true);
  expect(createWhole(directory, 'event.json', 'second')).toBe(false);
  expect(readFileSync(join(directory, 'event.json'), 'utf8')).toBe('first');
  expect(readdirSync(directory)).toEqual(['event.json']);
});

it('what is not there is no error', () => {
  const nowhere = join(temporaryDirectory(), 'nowhere');
  expect(namesIn(nowhere)).toEqual([]);
  expect(removeIfThere(join(nowhere, 'event.json'))).toBe(false);
  expect(renameIfThere(join(nowhere, 'event.json'), join(nowhere, 'other.json'))).toBe(false);
});
