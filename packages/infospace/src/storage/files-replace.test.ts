import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readFileIfThere, removeLeftovers, replaceFile } from './files.js';
import { formatIdentity, thisProcess } from './process-identity.js';

let bundles: string;
let bundled: string;
beforeAll(async () => {
  const { bundle } = await import(new URL('../../torture/bundle.mjs', import.meta.url).href);
  bundles = mkdtempSync(join(tmpdir(), 'files-bundle-'));
  chmodSync(bundles, 0o755);
  bundled = await bundle('../src/storage/files.ts', bundles);
}, 60_000);
afterAll(() => rmSync(bundles, { recursive: true }));

let home: string;
let file: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'files-'));
  file = join(home, 'usage.yaml');
});
afterEach(() => rmSync(home, { recursive: true }));

const startNode = (program: string, before = '', options = {}) =>
  spawn('sh', ['-c', `${before} exec "$0" --input-type=module -e "$1"`, process.execPath, program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...options,
  });

/** Replaces the file in another process, under a limit of the shell or as another user; gives the error as JSON. */
async function replaceElsewhere(bytes: number, before: string, options = {}) {
  const program = `
    import { openSync } from 'node:fs';
    const { replaceFile } = await import(${JSON.stringify(bundled)});
    ${before.includes('-n') ? 'try { for (;;) openSync("/dev/null"); } catch {}' : ''}
    await replaceFile(${JSON.stringify(file)}, 'x'.repeat(${bytes})).then(
      () => console.log('{}'),
      ({ code, kind, message }) => console.log(JSON.stringify({ code, kind, message })),
    );`;
  const [output] = (await once(startNode(program, before, options).stdout, 'data')) as [Buffer];
  return JSON.parse(String(output));
}

describe('replacing a file', () => {
  it('creates it and replaces it, leaving nothing beside it', async () => {
    await replaceFile(file, 'first');
    await replaceFile(file, Buffer.from('zweitens, ö'));
    expect(String(await readFileIfThere(file))).toBe('zweitens, ö');
    expect(readdirSync(home)).toEqual(['usage.yaml']);
  });

  it('gives a new file the usual mode and keeps the mode of an old one', async () => {
    await replaceFile(file, 'first');
    expect(statSync(file).mode & 0o777).toBe(0o666 & ~process.umask());
    for (const mode of [0o600, 0o640, 0o664, 0o444]) {
      chmodSync(file, mode);
      await replaceFile(file, 'second');
      expect(statSync(file).mode & 0o777).toBe(mode);
    }
  });

  it('replaces what a symbolic link leads to, also when that is not there yet', async () => {
    mkdirSync(join(home, 'shared'));
    symlinkSync('shared/link', file);
    symlinkSync('real.yaml', join(home, 'shared', 'link'));
    for (const text of ['first', 'second']) {
      await replaceFile(file, text);
      expect(readFileSync(join(home, 'shared', 'real.yaml'), 'utf8')).toBe(text);
    }
    expect(readlinkSync(file)).toBe('shared/link');
    expect(readdirSync(join(home, 'shared'))).toEqual(['link', 'real.yaml']);
  });

  it('refuses a circle of symbolic links', async () => {
    symlinkSync('usage.yaml', file);
    await expect(replaceFile(file, 'x')).rejects.toMatchObject({ code: 'file_unwritable', kind: 'environment' });
  });

  it('refuses to replace a directory or a device', async () => {
    mkdirSync(file);
    await expect(replaceFile(file, 'x')).rejects.toMatchObject({ code: 'not_a_file', kind: 'input', file });
    await expect(replaceFile('/dev/null', 'x')).rejects.toMatchObject({ code: 'not_a_file' });
    expect(readdirSync(home)).toEqual(['usage.yaml']);
  });

  it('tells a missing directory from a file in the place of a directory', async () => {
    const missing = replaceFile(join(home, 'missing', 'usage.yaml'), 'x');
    await expect(missing).rejects.toMatchObject({ code: 'file_unwritable', kind: 'environment' });
    writeFileSync(file, '');
    const inFile = replaceFile(join(file, 'usage.yaml'), 'x');
    await expect(inFile).rejects.toMatchObject({ code: 'not_a_directory', kind: 'input' });
  });

  it('copes with a name as long as the file system takes', async () => {
    const long = join(home, 'ü'.repeat(127));
    await replaceFile(long, 'x');
    expect(readFileSync(long, 'utf8')).toBe('x');
  });
});

describe('replacing a file that cannot be written', () => {
  beforeEach(() => writeFileSync(file, 'old'));
  afterEach(() => {
    chmodSync(home, 0o755);
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(home)).toEqual(['usage.yaml']);
  });

  it('because it would be larger than the limit', async () => {
    const error = await replaceElsewhere(100_000, 'ulimit -f 20;');
    expect(error).toMatchObject({
      code: 'disk_full',
      kind: 'environment',
      message: expect.stringContaining('ulimit -f'),
    });
    expect(error.message).toContain(file);
  });

  it('because too many files are open', async () => {
    const error = await replaceElsewhere(1, 'ulimit -n 60;');
    expect(error).toMatchObject({ code: 'file_unwritable', kind: 'environment' });
    expect(error.message).toContain('ulimit -n');
  });

  it('because permission is missing', async () => {
    chmodSync(home, 0o555);
    // Permissions do not bind root.
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const error = await replaceElsewhere(1, '', nobody);
    expect(error).toMatchObject({ code: 'file_unwritable', kind: 'environment' });
    expect(error.message).toBe(
      `Cannot write ${file}: permission is denied; check who owns it and the directory around it.`,
    );
  });
});

describe('a writer that is killed', () => {
  it('leaves the old file or the new one, and a temporary that is cleared away', async () => {
    const size = 300_000;
    await replaceFile(file, 'a'.repeat(size));
    const program = `
      const { replaceFile } = await import(${JSON.stringify(bundled)});
      console.log('ready');
      for (;;) for (const letter of 'abcdef') await replaceFile(${JSON.stringify(file)}, letter.repeat(${size}));`;
    let leftovers = 0;
    for (let round = 0; round < 15; round++) {
      const writer = startNode(program);
      await once(writer.stdout, 'data');
      const looksUntil = performance.now() + 10 + round * 3;
      while (performance.now() < looksUntil) {
        expectWhole(String(await readFileIfThere(file)), size);
        await pause(0);
      }
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      expectWhole(readFileSync(file, 'latin1'), size);
      leftovers += readdirSync(home).length - 1;
      await removeLeftovers(home);
      expect(readdirSync(home)).toEqual(['usage.yaml']);
    }
    expect(leftovers).toBeGreaterThan(0);
  }, 30_000);
});

function expectWhole(text: string, size: number): void {
  expect(text.length).toBe(size);
  expect(text === (text[0] as string).repeat(size)).toBe(true);
}

describe('leftovers', () => {
  const uuid = '00000000-0000-4000-8000-000000000000';
  const nameFor = (identity: object) => `.usage.yaml.tmp-${formatIdentity({ ...thisProcess(), ...identity })}.${uuid}`;

  it('are what the dead left; of strangers, what they have not touched for an hour', async () => {
    const [dead, living, stranger] = [{ pid: 2 ** 31 - 1 }, {}, { world: 'elsewhere' }].map(nameFor) as string[];
    const names = [dead, living, stranger, 'usage.yaml', '.hidden', '.usage.yaml.tmp-7'] as string[];
    for (const name of names) writeFileSync(join(home, name), '');
    expect(await removeLeftovers(home)).toEqual([join(home, dead as string)]);
    const anHourAgo = Date.now() / 1000 - 3_601;
    for (const name of readdirSync(home)) utimesSync(join(home, name), anHourAgo, anHourAgo);
    expect(await removeLeftovers(home)).toEqual([join(home, stranger as string)]);
    expect(readdirSync(home).sort()).toEqual([living, 'usage.yaml', '.hidden', '.usage.yaml.tmp-7'].sort());
    expect(await removeLeftovers(join(home, 'missing'))).toEqual([]);
  });
});
