import { appendToFile, readFileIfThere, replaceFile, setAside } from '../storage/files.js';
import { writeListItem, writeYaml } from '../yaml/write-yaml.js';
import { compactTime } from './compact-time.js';
import { adviceForOurs, corruptFile } from './problems.js';
import { readRecordedRun } from './read-recorded-run.js';
import type { RecordedRun, UsageRun } from './usage-run.js';
import { usageRunFields } from './usage-run-fields.js';
import { parseUsageText, type UsageText } from './usage-text.js';

/** `usage.yaml` as it was read at one moment. */
export interface UsageFile {
  readonly path: string;
  readonly runs: readonly RecordedRun[];
  /** How many bytes of a torn write follow the last whole entry; 0 when none do. */
  readonly tornBytes: number;
  readonly text: UsageText;
  readonly bytes: Buffer;
}

/**
 * Reads all entries. A torn tail is left out and counted, whoever reads: half a write may be seen at any time.
 *
 * @throws CodedError `file_corrupt`, `schema_newer`, `not_a_file`, `file_too_large` (kind `input`), or kind `environment`.
 */
export async function readUsageFile(path: string): Promise<UsageFile> {
  const bytes = (await readFileIfThere(path)) ?? Buffer.alloc(0);
  const decoded = bytes.toString('utf8');
  const text = parseUsageText(decoded, path);
  const wholeBytes = Buffer.from(decoded.slice(0, text.wholeLength), 'utf8');
  if (!bytes.subarray(0, wholeBytes.length).equals(wholeBytes))
    throw corruptFile(path, decoded, null, 'it is not UTF-8 text', adviceForOurs);
  return { path, runs: text.entries.map(readRecordedRun), tornBytes: bytes.length - wholeBytes.length, text, bytes };
}

/**
 * Sets a torn tail aside beside the file and cuts it off. Only the lock's holder may: to anybody else it may be a write
 * that is still under way. Returns where the torn bytes are now.
 */
export async function repairTornTail(file: UsageFile, nowMs: number): Promise<string | null> {
  if (file.tornBytes === 0) return null;
  const wholeBytes = file.bytes.length - file.tornBytes;
  const copy = `${file.path}.torn`;
  // The copy comes first: a crash between the steps leaves the bytes in both places, never in none.
  await replaceFile(copy, file.bytes.subarray(wholeBytes));
  const aside = await setAside(copy, compactTime(nowMs));
  await replaceFile(file.path, file.bytes.subarray(0, wholeBytes));
  return aside;
}

/** Adds one entry; the moment it is on disk is the moment the run is recorded. The file must have no torn tail. */
export async function appendRun(file: UsageFile, run: UsageRun): Promise<void> {
  const entry = usageRunFields(run);
  const { indentation, document, entries, missingLineEnd } = file.text;
  if (document === null) {
    await replaceFile(file.path, writeYaml({ schema_version: 1, runs: [entry] }));
  } else if (indentation === null || missingLineEnd) {
    // Another layout is brought into ours, whole and at once, with every field that it has.
    const { runs: _, ...others } = document;
    await replaceFile(file.path, writeYaml({ ...others, runs: [...entries, entry] }));
  } else {
    await appendToFile(file.path, file.bytes.length, Buffer.from(writeListItem(entry, indentation), 'utf8'));
  }
}
