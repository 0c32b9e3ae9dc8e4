import { archiveDamaged, notAnArchive } from './archive-errors.js';
import {
  type ArchiveManifest,
  LIST_NAME,
  MANIFEST_NAME,
  MAX_MANIFEST_BYTES,
  manifestText,
  readManifest,
} from './archive-manifest.js';
import type { ByteSource } from './byte-source.js';
import { type OpenEntry, tarEntries } from './read-tar.js';

/**
 * The manifest, which is the first entry, and the time of all entries.
 *
 * @throws CodedError `not_an_archive`, `archive_damaged`, `schema_newer` (input), and what the entries throw.
 */
export async function manifestIn(
  entries: AsyncGenerator<OpenEntry, void>,
  file: string,
): Promise<{ manifest: ArchiveManifest; modifiedS: number }> {
  const { value: entry, done } = await entries.next();
  if (done || entry.name !== MANIFEST_NAME) throw notAnArchive(file, `its first entry is not ${MANIFEST_NAME}`);
  if (entry.bytes > MAX_MANIFEST_BYTES) throw archiveDamaged(file, `its manifest has ${entry.bytes} bytes`);
  const parts: Buffer[] = [];
  for await (const part of entry.content) parts.push(part);
  const bytes = Buffer.concat(parts);
  if (bytes.length < entry.bytes) throw archiveDamaged(file, 'it is cut off');
  const text = bytes.toString('utf8');
  const manifest = readManifest(text, file);
  if (text !== manifestText(manifest)) throw archiveDamaged(file, 'its manifest is not as budget writes it');
  if (Math.floor(Date.parse(manifest.created_at) / 1000) !== entry.modifiedS) {
    throw archiveDamaged(file, 'its entries have another time than its manifest');
  }
  return { manifest, modifiedS: entry.modifiedS };
}

/** Longer than any line of a list, whose path has 4 KiB and, as JSON, at most six times as many. */
const MAX_LINE_BYTES = 64 * 1024;

/**
 * The lines of the list, which is the second entry, with their ends; in little memory.
 *
 * @throws CodedError `archive_damaged` (input), and what the source throws.
 */
export async function* listLinesIn(source: ByteSource, file: string): AsyncGenerator<string, void> {
  const entries = tarEntries(source, file);
  await entries.next();
  const { value: entry, done } = await entries.next();
  if (done || entry.name !== LIST_NAME) throw archiveDamaged(file, `its second entry is not ${LIST_NAME}`);
  let rest = Buffer.alloc(0);
  for await (const part of entry.content) {
    const bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
    let from = 0;
    for (let end = bytes.indexOf('\n'); end >= 0; end = bytes.indexOf('\n', from)) {
      yield bytes.toString('utf8', from, end + 1);
      from = end + 1;
    }
    rest = Buffer.from(bytes.subarray(from));
    if (rest.length > MAX_LINE_BYTES) throw archiveDamaged(file, `${LIST_NAME} has a line that is too long`);
  }
  if (rest.length > 0) throw archiveDamaged(file, `${LIST_NAME} ends inside a line`);
}
