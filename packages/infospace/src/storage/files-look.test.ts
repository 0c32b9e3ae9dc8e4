import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/temporary.js';
import { directoryNames, isDirectory, isFile, kindOfPath, readTextIfThere } from './files.js';

let home: string;
const at = (name: string): string => join(home, name);

beforeEach(() => {
  home = temporaryDirectory();
  mkdirSync(at('directory'));
  writeFileSync(at('file'), '');
  symlinkSync('nowhere', at('dangling'));
  symlinkSync('circle', at('circle'));
  symlinkSync('directory', at('link'));
});

const circle = { code: 'file_unreadable', kind: 'environment', message: expect.stringContaining('lead in a circle') };

describe('looking at a path', () => {
  it('tells what is there, behind links', () => {
    const names = ['directory', 'link', 'file', 'dangling', 'missing'];
    expect(names.map((name) => kindOfPath(at(name)))).toEqual([
      'directory',
      'directory',
      'file',
      'dangling_link',
      'missing',
    ]);
    expect(kindOfPath('/dev/null')).toBe('other');
    expect(() => kindOfPath(at('file/below'))).toThrow(expect.objectContaining({ code: 'not_a_directory' }));
    expect(() => kindOfPath(at('circle'))).toThrow(expect.objectContaining({ ...circle, file: at('circle') }));
  });

  it('for those who search, never fails', () => {
    expect(['directory', 'link', 'file', 'circle', 'missing'].filter((name) => isDirectory(at(name)))).toEqual([
      'directory',
      'link',
    ]);
    expect(['directory', 'file', 'circle', 'dangling'].filter((name) => isFile(at(name)))).toEqual(['file']);
  });
});

describe('the names in a directory', () => {
  it('are sorted by code point, and null where there is none', () => {
    for (const name of ['b', 'B', 'ä', '\u{1f600}', '\uff5e']) writeFileSync(at(`directory/${name}`), '');
    expect(directoryNames(at('directory'))).toEqual(['B', 'b', 'ä', '\uff5e', '\u{1f600}']);
    expect(directoryNames(at('missing'))).toBeNull();
  });

  it('are refused with a code where something else is at the path', () => {
    expect(() => directoryNames(at('file'))).toThrow(expect.objectContaining({ code: 'not_a_directory' }));
    expect(() => directoryNames(at('circle'))).toThrow(expect.objectContaining(circle));
  });
});

describe('reading a text', () => {
  const advice = 'Do this.';

  it('gives it whole, a byte order mark too, and null where there is no file', async () => {
    writeFileSync(at('file'), '\ufeffkapitel-ü: 日本\n');
    expect(await readTextIfThere(at('file'), { advice })).toBe('\ufeffkapitel-ü: 日本\n');
    expect(await readTextIfThere(at('missing'), { advice })).toBeNull();
  });

  it('refuses bytes that are not UTF-8, which would be lost in reading', async () => {
    writeFileSync(at('file'), Buffer.from('name: Jürgen\n', 'latin1'));
    await expect(readTextIfThere(at('file'), { advice })).rejects.toMatchObject({
      code: 'file_corrupt',
      kind: 'input',
      file: at('file'),
      message: `${at('file')}: it is not UTF-8 text. Do this.`,
    });
  });

  it('has the limits of reading a file', async () => {
    writeFileSync(at('file'), '12345');
    await expect(readTextIfThere(at('file'), { advice, maxBytes: 4 })).rejects.toMatchObject({
      code: 'file_too_large',
    });
  });
});
