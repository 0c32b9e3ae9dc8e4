import { createHash } from 'node:crypto';
import { compareCodePoints } from '../compare-code-points.js';
import { archiveDamaged, archiveUnsafe } from './archive-errors.js';
import { type ArchiveManifest, type ArchiveSeal, LIST_NAME } from './archive-manifest.js';
import { type OnProgress, takingTurns } from './archive-progress.js';
import { ByteSource } from './byte-source.js';
import { NamesInOrder } from './entry-name.js';
import { listLine } from './file-list.js';
import { gunzipFile } from './gunzip-file.js';
import { listLinesIn, manifestIn } from './head-entries.js';
import { type OpenEntry, tarEntries } from './read-tar.js';

export interface CheckedArchive {
  readonly manifest: ArchiveManifest;
  readonly seal: ArchiveSeal;
}

/**
 * Reads an archive to its end and compares everything with everything: each file with the list, the list with the
 * manifest, order, names, times and sums. Nothing is written, nothing is kept, and no more is read than the manifest
 * says that there is.
 *
 * @param name as the archive is called in errors.
 * @throws CodedError `archive_missing`, `not_an_archive`, `archive_damaged`, `archive_unsafe`, `schema_newer` (input);
 * `file_unreadable` (environment).
 */
export async function checkArchive(path: string, name: string, onProgress: OnProgress): Promise<CheckedArchive> {
  const whole = createHash('sha256');
  let archiveBytes = 0;
  const onRead = (bytes: Buffer): void => {
    whole.update(bytes);
    archiveBytes += bytes.length;
  };
  const source = new ByteSource(gunzipFile(path, { name, onRead }));
  const listSource = new ByteSource(gunzipFile(path, { name }));
  try {
    const entries = tarEntries(source, name);
    const { manifest, modifiedS } = await manifestIn(entries, name);
    await checkList(await entries.next(), manifest, modifiedS, name);
    await checkFiles(entries, listLinesIn(listSource, name), { manifest, modifiedS, name, onProgress });
    return { manifest, seal: { sha256: whole.digest('hex'), bytes: archiveBytes } };
  } finally {
    await source.close();
    await listSource.close();
  }
}

async function checkList(
  { value: entry, done }: IteratorResult<OpenEntry, void>,
  { files }: ArchiveManifest,
  modifiedS: number,
  name: string,
): Promise<void> {
  if (done || entry.name !== LIST_NAME || entry.modifiedS !== modifiedS) {
    throw archiveDamaged(name, `its second entry is not ${LIST_NAME}`);
  }
  if ((await sha256Of(entry.content)) !== files.list_sha256) {
    throw archiveDamaged(name, `${LIST_NAME} is not the list of its manifest`);
  }
}

interface Expected {
  readonly manifest: ArchiveManifest;
  readonly modifiedS: number;
  readonly name: string;
  readonly onProgress: OnProgress;
}

async function checkFiles(
  entries: AsyncIterable<OpenEntry>,
  lines: AsyncIterator<string, void>,
  { manifest, modifiedS, name, onProgress }: Expected,
): Promise<void> {
  const { count, bytes: totalBytes } = manifest.files;
  const names = new NamesInOrder();
  const takeTurn = takingTurns();
  let [files, bytes, previous] = [0, 0, ''];
  for await (const entry of entries) {
    const { name: path, content } = entry;
    const told = JSON.stringify(path);
    if (!path.startsWith(`${manifest.slug}/`)) throw archiveUnsafe(name, `${told} in it lies outside of its project`);
    const other = names.add(path);
    if (other !== null) throw archiveUnsafe(name, `${told} in it would overwrite "${other}" on some systems`);
    if (compareCodePoints(previous, path) >= 0) throw archiveDamaged(name, `${told} is not in its place`);
    if (entry.modifiedS !== modifiedS) throw archiveDamaged(name, `${told} has another time than the rest`);
    previous = path;
    files++;
    bytes += entry.bytes;
    if (files > count || bytes > totalBytes) throw archiveDamaged(name, 'it holds more than its manifest says');
    const sha256 = await sha256Of(content);
    if ((await lines.next()).value !== listLine({ path, bytes: entry.bytes, sha256 })) {
      throw archiveDamaged(name, `${told} is not as ${LIST_NAME} has it`);
    }
    onProgress({ phase: 'checking', files, bytes, totalBytes });
    await takeTurn();
  }
  if (!(await lines.next()).done || files !== count || bytes !== totalBytes) {
    throw archiveDamaged(name, 'it holds less than its manifest says');
  }
}

async function sha256Of(content: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of content) hash.update(part);
  return hash.digest('hex');
}
