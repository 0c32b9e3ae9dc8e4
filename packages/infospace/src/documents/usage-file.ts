import { readFileIfThere } from '../storage/files.js';
import { adviceForOurs, corruptFile } from './problems.js';
import { readRecordedRun } from './read-recorded-run.js';
import type { RecordedRun } from './usage-run.js';
import { parseUsageText, type UsageText } from './usage-text.js';

/** All of `usage.yaml` as it was read at one moment. */
export interface UsageFile {
  readonly runs: readonly RecordedRun[];
  /** How many bytes of a torn write follow the last whole entry; 0 when none do. */
  readonly tornBytes: number;
  readonly text: UsageText;
}

/**
 * Parses all entries, which takes as long as the file is: `readUsageOverview` is for those who need not see each. A torn
 * tail is left out and counted, whoever reads: half a write may be seen at any time.
 *
 * @throws CodedError `file_corrupt`, `schema_newer`, `not_a_file`, `file_too_large` (kind `input`), or kind `environment`.
 */
export async function readUsageFile(path: string): Promise<UsageFile> {
  return usageFileOf(path, (await readFileIfThere(path)) ?? Buffer.alloc(0));
}

/** As `readUsageFile`, for bytes at hand. */
export function usageFileOf(path: string, bytes: Buffer): UsageFile {
  const decoded = bytes.toString('utf8');
  const text = parseUsageText(decoded, path);
  const wholeBytes = Buffer.from(decoded.slice(0, text.wholeLength), 'utf8');
  if (!bytes.subarray(0, wholeBytes.length).equals(wholeBytes))
    throw corruptFile(path, decoded, null, 'it is not UTF-8 text', adviceForOurs);
  return { runs: text.entries.map(readRecordedRun), tornBytes: bytes.length - wholeBytes.length, text };
}
