import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { gzipped, type MadeEntry, madeAtS, tarOf, writeMadeArchive } from '../testing/archives.js';
import { temporaryDirectory } from '../testing/temporary.js';
import { treeOf } from '../testing/tree.js';
import { listArchives, showArchive, verifyArchive } from './index.js';

let home: string;
let archive: string;

beforeEach(() => {
  home = temporaryDirectory();
  mkdirSync(join(home, 'archives'));
  archive = join(home, 'archives', 'demo-19800101T000000Z.tar.gz');
});

/** Refused, with the code and a message that says what it is, and nothing is written anywhere. */
async function expectRefused(code: string, why: string): Promise<void> {
  const before = treeOf(home);
  const refused = verifyArchive(archive);
  await expect(refused).rejects.toMatchObject({
    code,
    kind: 'input',
    file: archive,
    message: expect.stringContaining(why),
  });
  expect(treeOf(home)).toEqual(before);
}

const innocent: MadeEntry = { name: 'demo/a', content: 'x' };

describe('an archive made by somebody else', () => {
  it('is whole when it is made as ours are', async () => {
    await writeMadeArchive(archive, [innocent, { name: 'demo/b/ü', content: 'y' }]);
    expect(await verifyArchive(archive)).toMatchObject({ sidecar: 'missing', manifest: { tool: 'somebody' } });
  });

  it.each([
    ['1', '/etc/passwd', 'is a hard link'],
    ['2', '../../../etc/passwd', 'is a symbolic link'],
    ['2', 'a', 'is a symbolic link'],
    ['3', '', 'is a device'],
    ['4', '', 'is a device'],
    ['5', '', 'is a directory'],
    ['6', '', 'is a pipe'],
    ['7', '', 'is an entry of an unknown kind'],
    ['L', '', 'is an entry of an unknown kind'],
    ['g', '', 'is an entry of an unknown kind'],
  ])('with an entry of type %s to "%s" is refused', async (type, linkTo, why) => {
    await writeMadeArchive(archive, [innocent, { name: 'demo/b', type, linkTo }]);
    await expectRefused('archive_unsafe', why);
  });

  it.each([
    ['../outside', 'has an empty part, . or ..'],
    ['demo/../../outside', 'has an empty part, . or ..'],
    ['demo/..', 'has an empty part, . or ..'],
    ['demo/./b', 'has an empty part, . or ..'],
    ['demo//b', 'has an empty part, . or ..'],
    ['demo/b/', 'has an empty part, . or ..'],
    ['/etc/cron.d/x', 'is absolute'],
    ['C:/Windows/x', 'like a drive'],
    ['demo/..\\..\\outside', 'backslash'],
    ['demo/a\u001b[2Jb', 'control characters'],
    [`demo/${'x'.repeat(5000)}`, 'is longer than'],
    ['other/b', 'lies outside of its project'],
  ])('with the name %j is refused', async (name, why) => {
    await writeMadeArchive(archive, [innocent, { name, content: 'y' }]);
    await expectRefused('archive_unsafe', why);
  });

  it.each([
    ['demo/README', 'demo/readme'],
    ['demo/caf\u00e9', 'demo/cafe\u0301'],
    ['demo/STRASSE', 'demo/straße'],
    ['demo/Dir/x', 'demo/dir/y'],
    ['demo/b', 'demo/b/c'],
    ['demo/b', 'demo/b.'],
    ['demo/\u212a', 'demo/k'],
  ])('with both %j and %j is refused', async (one, two) => {
    const names = [one, two].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    await writeMadeArchive(
      archive,
      names.map((name) => ({ name, content: name })),
    );
    await expectRefused('archive_unsafe', 'would overwrite');
  });

  it('in another order, with a file twice, or of another time is refused', async () => {
    await writeMadeArchive(archive, [{ name: 'demo/b' }, { name: 'demo/a' }]);
    await expectRefused('archive_damaged', 'not in its place');
    await writeMadeArchive(archive, [innocent, innocent]);
    await expectRefused('archive_unsafe', 'would overwrite');
    await writeMadeArchive(archive, [{ ...innocent, modifiedS: madeAtS + 1 }]);
    await expectRefused('archive_damaged', 'another time');
  });

  it('that holds more, less or something else than it says is refused', async () => {
    await writeMadeArchive(archive, [innocent], { list: '' });
    await expectRefused('archive_damaged', 'not as files.jsonl has it');
    const two = [innocent, { name: 'demo/b', content: 'y' }];
    const list_sha256 = '0'.repeat(64);
    await writeMadeArchive(archive, two, { manifest: { files: { count: 2, bytes: 2, list_sha256 } } });
    await expectRefused('archive_damaged', 'is not the list of its manifest');
    await writeMadeArchive(archive, two, { list: `${JSON.stringify({ path: 'demo/a', bytes: 1 })}\n` });
    await expectRefused('archive_damaged', '"demo/a" is not as');
  });

  it('without a manifest at its beginning is none', async () => {
    writeFileSync(archive, await gzipped(tarOf([innocent])));
    await expectRefused('not_an_archive', 'its first entry is not manifest.json');
    writeFileSync(archive, 'PK\u0003\u0004 something else');
    await expectRefused('not_an_archive', 'does not begin as an archive');
    writeFileSync(archive, '');
    await expectRefused('not_an_archive', 'does not begin as an archive');
  });

  it('of a newer version is left to a newer version', async () => {
    await writeMadeArchive(archive, [innocent], { manifest: { schema_version: 2 as 1 } });
    await expectRefused('schema_newer', 'Upgrade budget');
  });
});

describe('a bomb', { timeout: 60_000 }, () => {
  const MEGABYTE = 1024 * 1024;

  it('that unpacks to more than its manifest says is stopped where that shows', async () => {
    const bytes = Buffer.alloc(64 * MEGABYTE);
    const entries = [{ name: 'demo/zeros', content: bytes }];
    const files = { count: 1, bytes: 10, list_sha256: '' };
    await writeMadeArchive(archive, entries);
    const { manifest } = await verifyArchive(archive);
    await writeMadeArchive(archive, entries, { manifest: { files: { ...manifest.files, bytes: files.bytes } } });
    await expectRefused('archive_damaged', 'more than its manifest says');
  });

  it('in the place of the manifest, or of a line of the list, costs little memory', async () => {
    const zeros = Buffer.alloc(64 * MEGABYTE, 0x20);
    writeFileSync(archive, await gzipped(tarOf([{ name: 'manifest.json', content: zeros }])));
    await expectRefused('archive_damaged', `its manifest has ${zeros.length} bytes`);
    await expect(showArchive(archive)).rejects.toMatchObject({ code: 'archive_damaged' });
    expect(await listArchives(join(home, 'archives'))).toMatchObject([{ shown: null, error: expect.any(String) }]);
    await writeMadeArchive(archive, [innocent], { list: zeros.toString('latin1') });
    await expectRefused('archive_damaged', 'a line that is too long');
  });
});
