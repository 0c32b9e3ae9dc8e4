import { isDeepStrictEqual } from 'node:util';
import { fileStamp, readingFile } from '../storage/files.js';
import { totalsOf } from '../usage-totals.js';
import { lastEntryStarts, readEntriesAlone } from './last-entries.js';
import { readRecordedRun } from './read-recorded-run.js';
import { scanUsage } from './scan-usage.js';
import { usageFileOf } from './usage-file.js';
import type { RecordedRun, UsageTotals } from './usage-run.js';
import { readUsageTail, type UsageTail } from './usage-tail.js';
import { isWholeEntry } from './usage-text.js';

/** What `usage.yaml` comes to, and what is needed to go on with it. */
export interface UsageOverview {
  readonly path: string;
  /** Where whole entries end, and the next one goes. */
  readonly wholeBytes: number;
  /** How many bytes of a torn write follow; 0 when none do. */
  readonly tornBytes: number;
  /** How many spaces stand before the dash of an entry; `null` when none can be appended as text. */
  readonly indentation: number | null;
  readonly totals: UsageTotals;
  /** The last runs, oldest first. */
  readonly recentRuns: readonly RecordedRun[];
}

/**
 * Reads as little as will do: the tail alone where its last entry is ours; else a scan of the bytes where they are laid
 * out plainly, as others write them; else all of it, parsed. All three give the same answer.
 *
 * @param recent how many of the last runs are wanted; default 1.
 * @throws CodedError as `readUsageFile`.
 */
export async function readUsageOverview(path: string, recent = 1): Promise<UsageOverview> {
  for (let looks = 1; ; looks++) {
    const before = fileStamp(path);
    try {
      return await lookAt(path, recent);
    } catch (error) {
      // A torn entry that was cut off and written over between two reads looks like a broken file.
      if (looks === MAX_LOOKS || isDeepStrictEqual(before, fileStamp(path))) throw error;
    }
  }
}

const MAX_LOOKS = 5;

async function lookAt(path: string, recent: number): Promise<UsageOverview> {
  const overview = await readingFile(path, (file) => {
    const tail = readUsageTail(file, recent);
    if (tail !== null) return { path, ...tail, tornBytes: file.size - tail.wholeBytes };
    const bytes = file.read(0, file.size);
    const scanned = scanWhole(bytes, recent);
    return scanned === null ? parseWhole(path, bytes, recent) : { path, ...scanned, tornBytes: 0 };
  });
  return overview ?? parseWhole(path, Buffer.alloc(0), recent);
}

function scanWhole(bytes: Buffer, recent: number): UsageTail | null {
  const scanned = scanUsage(bytes);
  if (scanned === null) return null;
  const { totals, indentation } = scanned;
  const [start] = lastEntryStarts(bytes, indentation, recent);
  const entries = start === undefined ? null : readEntriesAlone(bytes.subarray(start));
  const last = entries?.at(-1);
  if (entries === null || last === undefined || !isWholeEntry(last, true)) return null;
  return { indentation, wholeBytes: bytes.length, totals, recentRuns: entries.map(readRecordedRun) };
}

function parseWhole(path: string, bytes: Buffer, recent: number): UsageOverview {
  const { runs, tornBytes, text } = usageFileOf(path, bytes);
  return {
    path,
    wholeBytes: bytes.length - tornBytes,
    tornBytes,
    // A line end that is missing is not worth a way of its own.
    indentation: text.missingLineEnd ? null : text.indentation,
    totals: totalsOf(runs),
    recentRuns: runs.slice(-recent),
  };
}
