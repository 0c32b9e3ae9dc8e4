import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { archived, projectWithBudget } from '../testing/archives.js';
import { temporaryDirectory, write } from '../testing/temporary.js';
import { type CreateArchiveResult, listArchives, showArchive } from './index.js';

const HEAD_BYTES = 64 * 1024;
let home: string;
let made: CreateArchiveResult;

beforeEach(async () => {
  home = temporaryDirectory();
  const project = await projectWithBudget(join(home, 'demo'));
  write(project, 'large.bin', randomBytes(1_000_000));
  made = await archived(project, join(home, 'out'));
});

describe('show', () => {
  it('reads the sidecar, and not the archive', async () => {
    const { archive, manifest, seal } = made;
    writeFileSync(archive, Buffer.alloc(seal.bytes));
    expect(await showArchive(archive)).toEqual({
      archive,
      bytes: seal.bytes,
      manifest,
      from: 'sidecar',
      sha256: seal.sha256,
      warnings: [],
    });
  });

  it('without a sidecar needs no more than the first 64 KiB of the archive', async () => {
    const { archive, sidecar, manifest, seal } = made;
    rmSync(sidecar);
    truncateSync(archive, HEAD_BYTES);
    truncateSync(archive, seal.bytes);
    const shown = await showArchive(archive);
    expect(shown).toEqual({ archive, bytes: seal.bytes, manifest, from: 'head', sha256: null, warnings: [] });
  });

  it('does not take the sidecar of another archive, or a broken one, for its own', async () => {
    const { archive, sidecar, manifest } = made;
    const text = readFileSync(sidecar, 'utf8');
    const sidecars = [
      text.replace(/"bytes": \d+\n/, '"bytes": 12\n'),
      text.replace('"total_tokens": 23', '"total_tokens": 24'),
      '{',
      '[]',
      'x'.repeat(HEAD_BYTES + 1),
    ];
    for (const wrong of sidecars) {
      writeFileSync(sidecar, wrong);
      const shown = await showArchive(archive);
      expect(shown).toMatchObject({ from: 'head', manifest, warnings: [expect.stringContaining(sidecar)] });
    }
  });

  it('says when there is no such archive', async () => {
    const missing = { code: 'archive_missing', kind: 'input' };
    await expect(showArchive(join(home, 'out', 'other.tar.gz'))).rejects.toMatchObject(missing);
  });
});

describe('list', () => {
  it('has a row for each archive, and one with its error for what cannot be read', async () => {
    const out = join(home, 'out');
    copyFileSync(made.archive, join(out, 'without-sidecar.tar.gz'));
    writeFileSync(join(out, 'foreign.tar.gz'), 'something else');
    writeFileSync(join(out, 'notes.txt'), 'no archive');
    copyFileSync(made.archive, join(out, '.draft.tar.gz'));
    writeFileSync(join(out, '._foreign.tar.gz'), 'what macOS keeps beside it');
    renameSync(made.sidecar, join(out, 'gone.manifest.json'));
    const rows = await listArchives(out);
    const name = made.archive.slice(out.length + 1);
    expect(rows).toMatchObject([
      { name: '.draft.tar.gz', shown: { from: 'head', manifest: made.manifest }, error: null },
      { name, shown: { from: 'head', manifest: made.manifest }, error: null },
      { name: 'foreign.tar.gz', shown: null, error: expect.stringContaining('does not begin as an archive') },
      { name: 'without-sidecar.tar.gz', shown: { from: 'head', manifest: made.manifest }, error: null },
      { name: 'gone.manifest.json', shown: null, error: expect.stringContaining('its archive is gone') },
    ]);
  });

  it('of a directory that is not there is an error, and of an empty one nothing', async () => {
    expect(await listArchives(join(home, 'demo', 'notes'))).toEqual([]);
    const missing = { code: 'archives_not_found', kind: 'input' };
    await expect(listArchives(join(home, 'nowhere'))).rejects.toMatchObject(missing);
  });
});
