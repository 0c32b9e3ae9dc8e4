import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { archived, gzipped } from '../testing/archives.js';
import { temporaryDirectory, write } from '../testing/temporary.js';
import { verifyArchive } from './index.js';

let home: string;
let archive: string;
let sidecar: string;
let bytes: Buffer;

beforeEach(async () => {
  home = temporaryDirectory();
  write(home, 'demo/a.txt', 'some text\n'.repeat(30));
  write(home, 'demo/b/ü.bin', Buffer.from([0, 1, 2, 255]));
  write(home, 'demo/c/empty', '');
  ({ archive, sidecar } = await archived(join(home, 'demo'), join(home, 'out')));
  bytes = readFileSync(archive);
});

async function codeOf(content: Uint8Array): Promise<string> {
  writeFileSync(archive, content);
  return await verifyArchive(archive).then(
    () => 'whole',
    ({ code, kind, file }) => (kind === 'input' && (file === archive || file === sidecar) ? code : `not told: ${code}`),
  );
}

function flipped(content: Buffer, position: number, mask: number): Buffer {
  const changed = Buffer.from(content);
  changed[position] = (changed[position] ?? 0) ^ mask;
  return changed;
}

const broken = new Set(['archive_damaged', 'archive_unsafe', 'not_an_archive', 'schema_newer']);

describe('verify', { timeout: 120_000 }, () => {
  it('finds every flipped byte of the archive', async () => {
    for (let position = 0; position < bytes.length; position++) {
      expect(broken, `byte ${position}`).toContain(await codeOf(flipped(bytes, position, 1 << (position % 8))));
    }
    expect(await codeOf(bytes)).toBe('whole');
  });

  it('finds every flipped byte of what is in it, also without the sidecar and with sums of gzip that fit', async () => {
    rmSync(sidecar);
    const tar = gunzipSync(bytes);
    for (let position = 0; position < tar.length; position++) {
      const packed = await gzipped(flipped(tar, position, 1 << (position % 8)));
      expect(broken, `byte ${position}`).toContain(await codeOf(packed));
    }
    expect(await codeOf(await gzipped(tar))).toBe('whole');
  });

  it('finds every flipped byte before and after what is compressed, also without the sidecar', async () => {
    rmSync(sidecar);
    const positions = [...Array(10).keys(), ...Array.from({ length: 8 }, (_, index) => bytes.length - 1 - index)];
    for (const position of positions) {
      expect(broken, `byte ${position}`).toContain(await codeOf(flipped(bytes, position, 1)));
    }
  });

  it('finds an archive that is cut off anywhere, or goes on', async () => {
    rmSync(sidecar);
    for (let length = 0; length < bytes.length; length++) {
      expect(broken, `${length} bytes`).toContain(await codeOf(bytes.subarray(0, length)));
    }
    const tar = gunzipSync(bytes);
    for (let length = 0; length < tar.length; length += 128) {
      expect(broken, `${length} bytes of tar`).toContain(await codeOf(await gzipped(tar.subarray(0, length))));
    }
    for (const more of [Buffer.from([0]), bytes, Buffer.alloc(1024)]) {
      expect(broken).toContain(await codeOf(Buffer.concat([bytes, more])));
      expect(broken).toContain(await codeOf(await gzipped(tar, more)));
    }
  });

  it('finds every flipped byte of the sidecar', async () => {
    const text = readFileSync(sidecar);
    for (let position = 0; position < text.length; position++) {
      writeFileSync(sidecar, flipped(text, position, 1));
      expect([...broken, 'file_corrupt'], `byte ${position}`).toContain(await codeOf(bytes));
    }
  });

  it('names the file whose content is not as it was', async () => {
    rmSync(sidecar);
    const tar = gunzipSync(bytes);
    const at = tar.indexOf(Buffer.from([0, 1, 2, 255]));
    writeFileSync(archive, await gzipped(flipped(tar, at, 1)));
    await expect(verifyArchive(archive)).rejects.toMatchObject({
      message: expect.stringContaining('"demo/b/ü.bin" is not as files.jsonl has it'),
    });
  });

  it('takes the sidecar of another archive for what it is', async () => {
    write(home, 'demo/a.txt', 'other text\n');
    const other = await archived(join(home, 'demo'), join(home, 'other'));
    copyFileSync(other.sidecar, sidecar);
    await expect(verifyArchive(archive)).rejects.toMatchObject({ code: 'archive_damaged' });
  });

  it('says when there is no sidecar, and when there is no archive', async () => {
    rmSync(sidecar);
    expect(await verifyArchive(archive)).toMatchObject({ sidecar: 'missing' });
    rmSync(archive);
    await expect(verifyArchive(archive)).rejects.toMatchObject({ code: 'archive_missing', kind: 'input' });
    await expect(verifyArchive(home)).rejects.toMatchObject({ code: 'not_a_file', kind: 'input' });
  });
});
