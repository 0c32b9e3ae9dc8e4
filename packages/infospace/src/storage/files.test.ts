import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendToFile, ensureDirectory, readFileIfThere, setAside } from './files.js';

let home: string;
let file: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'files-'));
  file = join(home, 'usage.yaml');
});
afterEach(() => rmSync(home, { recursive: true }));

const notAFile = { code: 'not_a_file', kind: 'input' };

describe('reading a file', () => {
  it('gives its bytes', async () => {
    writeFileSync(file, Buffer.from([0, 255, 10]));
    expect(await readFileIfThere(file)).toEqual(Buffer.from([0, 255, 10]));
    writeFileSync(file, '');
    expect(await readFileIfThere(file)).toEqual(Buffer.alloc(0));
  });

  it('gives null when it or its directory is missing', async () => {
    expect(await readFileIfThere(file)).toBeNull();
    expect(await readFileIfThere(join(home, 'missing', 'usage.yaml'))).toBeNull();
    mkdirSync(join(home, 'directory'));
    symlinkSync('directory', join(home, 'link'));
    expect(await readFileIfThere(join(home, 'link', 'usage.yaml'))).toBeNull();
  });

  it('refuses a link that leads nowhere, and a way over one, instead of taking it for nothing', async () => {
    symlinkSync('nowhere', file);
    await expect(readFileIfThere(file)).rejects.toMatchObject({
      ...notAFile,
      message: `${file}: this link leads nowhere. Mend or remove the link and run again.`,
    });
    await expect(readFileIfThere(join(file, 'below', 'usage.yaml'))).rejects.toMatchObject({
      ...notAFile,
      message: expect.stringContaining(`${file}, which is on the way to it, leads nowhere`),
    });
  });

  it('refuses whatever is no file, without waiting for it', async () => {
    await expect(readFileIfThere(home)).rejects.toMatchObject({ ...notAFile, file: home });
    await expect(readFileIfThere('/dev/zero')).rejects.toMatchObject(notAFile);
    execFileSync('mkfifo', [file]);
    await expect(readFileIfThere(file)).rejects.toMatchObject(notAFile);
    const socket = join(home, 'socket');
    const server = createServer().listen(socket);
    await once(server, 'listening');
    await expect(readFileIfThere(socket)).rejects.toMatchObject(notAFile);
    server.close();
  });

  it('refuses a file in the place of a directory', async () => {
    writeFileSync(file, '');
    const error = { code: 'not_a_directory', kind: 'input' };
    await expect(readFileIfThere(join(file, 'x'))).rejects.toMatchObject(error);
  });

  it('refuses more than it was told to read', async () => {
    writeFileSync(file, '12345');
    expect(await readFileIfThere(file, { maxBytes: 5 })).toHaveLength(5);
    const error = { code: 'file_too_large', kind: 'input', message: expect.stringContaining('5 bytes; more than 4') };
    await expect(readFileIfThere(file, { maxBytes: 4 })).rejects.toMatchObject(error);
  });

  it('tells what is wrong with a name that cannot be opened', async () => {
    const long = join(home, 'x'.repeat(300));
    const error = { code: 'file_unreadable', kind: 'environment', file: long, message: /name is too long/ };
    await expect(readFileIfThere(long)).rejects.toMatchObject({
      ...error,
      message: expect.stringMatching(error.message),
    });
  });
});

describe('appending to a file', () => {
  beforeEach(() => writeFileSync(file, 'old\n'));

  it('adds at the end', async () => {
    await appendToFile(file, 4, Buffer.from('new\n'));
    await appendToFile(file, 8, Buffer.from(''));
    expect(readFileSync(file, 'utf8')).toBe('old\nnew\n');
  });

  it.each([3, 5])('refuses a file that has not the expected %i bytes', async (expectedSize) => {
    const error = { code: 'file_changed', kind: 'environment', file };
    await expect(appendToFile(file, expectedSize, Buffer.from('new'))).rejects.toMatchObject(error);
    expect(readFileSync(file, 'utf8')).toBe('old\n');
  });

  it('does not create a file', async () => {
    rmSync(file);
    await expect(appendToFile(file, 0, Buffer.from('new'))).rejects.toMatchObject({ code: 'file_changed' });
    expect(readdirSync(home)).toEqual([]);
  });

  it('refuses whatever is no file, without waiting for it', async () => {
    await expect(appendToFile(home, 0, Buffer.from('new'))).rejects.toMatchObject(notAFile);
    await expect(appendToFile('/dev/null', 0, Buffer.from('new'))).rejects.toMatchObject(notAFile);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    await expect(appendToFile(file, 0, Buffer.from('new'))).rejects.toMatchObject(notAFile);
  });

  it('takes back what was written before the limit on the size of a file was reached', async () => {
    const { bundle } = await import(new URL('../../torture/bundle.mjs', import.meta.url).href);
    const bundled = await bundle('../src/storage/files.ts', home);
    writeFileSync(file, 'o'.repeat(8_000));
    const program = `
      const { appendToFile } = await import(${JSON.stringify(bundled)});
      await appendToFile(${JSON.stringify(file)}, 8_000, Buffer.alloc(100_000, 'n')).catch(
        ({ code, kind, message }) => console.log(JSON.stringify({ code, kind, message })),
      );`;
    // The limit lies inside the append, so that a part of it is written.
    const limited = spawn('sh', [
      '-c',
      'ulimit -f 40; exec "$0" --input-type=module -e "$1"',
      process.execPath,
      program,
    ]);
    const [output] = (await once(limited.stdout, 'data')) as [Buffer];
    expect(JSON.parse(String(output))).toEqual({
      code: 'disk_full',
      kind: 'environment',
      message: `Cannot write ${file}: the limit on the size of a file is reached; raise it (\`ulimit -f\`) and run again.`,
    });
    expect(readFileSync(file, 'utf8')).toBe('o'.repeat(8_000));
  }, 30_000);
});

describe('setting a file aside', () => {
  it('renames it and overwrites nothing', async () => {
    const aside = [];
    for (const text of ['first', 'second', 'third']) {
      writeFileSync(file, text);
      aside.push(await setAside(file, 'corrupt-20260102T030405Z'));
    }
    const name = `${file}.corrupt-20260102T030405Z`;
    expect(aside).toEqual([name, `${name}-2`, `${name}-3`]);
    expect(aside.map((path) => readFileSync(path, 'utf8'))).toEqual(['first', 'second', 'third']);
    expect(readdirSync(home)).toHaveLength(3);
  });

  it('keeps a link and sets aside what it leads to', async () => {
    symlinkSync('real.yaml', file);
    writeFileSync(join(home, 'real.yaml'), 'x');
    expect(await setAside(file, 'corrupt')).toBe(join(realpathSync(home), 'real.yaml.corrupt'));
    expect(readlinkSync(file)).toBe('real.yaml');
  });

  it('leaves nothing behind when there is nothing to set aside', async () => {
    await expect(setAside(file, 'corrupt')).rejects.toMatchObject({ code: 'file_unwritable', file });
    await expect(setAside(home, 'corrupt')).rejects.toMatchObject(notAFile);
    await expect(setAside(file, '../x')).rejects.toThrow(RangeError);
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('ensuring a directory', () => {
  it('creates it and those around it, once', async () => {
    const deep = join(home, 'output', 'budget', 'reports');
    await ensureDirectory(deep);
    await ensureDirectory(deep);
    expect(statSync(deep).isDirectory()).toBe(true);
  });

  it('refuses a file in its place or on the way to it', async () => {
    writeFileSync(file, '');
    const error = { code: 'not_a_directory', kind: 'input' };
    await expect(ensureDirectory(file)).rejects.toMatchObject(error);
    await expect(ensureDirectory(join(file, 'below'))).rejects.toMatchObject(error);
  });

  it('refuses a link that leads nowhere as such: no file is there to be moved away', async () => {
    symlinkSync('not-mounted', file);
    for (const path of [file, join(file, 'a', 'b')])
      await expect(ensureDirectory(path)).rejects.toMatchObject({
        ...{
          code: 'not_a_file',
          kind: 'input',
          message: expect.stringMatching(/leads nowhere\. Mend or remove the link/),
        },
      });
  });

  it('tells what is wrong with a path that cannot be created', async () => {
    mkdirSync(join(home, 'x'));
    const long = join(home, 'x'.repeat(300));
    const error = { code: 'file_unwritable', kind: 'environment', file: long };
    await expect(ensureDirectory(long)).rejects.toMatchObject(error);
  });
});
