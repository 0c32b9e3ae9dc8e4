import type { OpenFile } from '../storage/files.js';
import { countField } from '../yaml/fields.js';
import { readSimpleYaml } from '../yaml/read-simple-yaml.js';
import { isMap, type YamlMap } from '../yaml/scalars.js';
import { beforeEntry, lastEntryStarts, readEntriesAlone } from './last-entries.js';
import { readRecordedRun } from './read-recorded-run.js';
import type { RecordedRun, UsageTotals } from './usage-run.js';

/** What the end of `usage.yaml` tells without the rest. */
export interface UsageTail {
  /** How many spaces stand before the dash of an entry. */
  readonly indentation: number;
  /** Where whole entries end; bytes. */
  readonly wholeBytes: number;
  readonly totals: UsageTotals;
  /** The last runs, oldest first: as many as were asked for, or all. */
  readonly recentRuns: readonly RecordedRun[];
}

const HEAD_BYTES = 4 * 1024;
const FIRST_TAIL_BYTES = 64 * 1024;
const TAIL_GROWTH = 4;

/**
 * Reads only the head and the tail, so that it takes as long after the 10,000th run as after the 10th. `null` where the
 * tail does not answer for the whole: then all has to be read.
 *
 * It answers when its last entry is one of ours and stands where it was written (`starts_at_byte`). An entry that was
 * merged in, deleted or edited before it, or line ends that were converted, would have moved it.
 *
 * @param recent how many of the last runs are wanted, at least 1.
 */
export function readUsageTail(file: OpenFile, recent: number): UsageTail | null {
  const indentation = indentationAtHead(file.read(0, Math.min(file.size, HEAD_BYTES)));
  if (indentation === null) return null;
  for (let length = FIRST_TAIL_BYTES; ; length *= TAIL_GROWTH) {
    const from = Math.max(0, file.size - length);
    const bytes = file.read(from, file.size);
    const wholeLength = wholeLengthOf(bytes, indentation);
    if (wholeLength === 'by others') return null;
    const whole = bytes.subarray(0, wholeLength === 'not in sight' ? 0 : wholeLength);
    const starts = lastEntryStarts(whole, indentation, recent);
    if (starts.length < recent && from > 0) continue;
    const [first, last] = [starts[0], starts.at(-1)];
    if (first === undefined || last === undefined) return null;
    const entries = readEntriesAlone(whole.subarray(first));
    return entries && tailOf(entries, { indentation, lastStart: from + last, wholeBytes: from + whole.length });
  }
}

function tailOf(
  entries: readonly YamlMap[],
  { indentation, lastStart, wholeBytes }: { indentation: number; lastStart: number; wholeBytes: number },
): UsageTail | null {
  const last = entries.at(-1);
  if (last === undefined || !isOursAndUnmoved(last, lastStart)) return null;
  const recentRuns = entries.map(readRecordedRun);
  const totals = recentRuns.at(-1)?.totalsToDate ?? null;
  return totals && { indentation, wholeBytes, totals, recentRuns };
}

function isOursAndUnmoved(entry: YamlMap, startsAt: number): boolean {
  const keys = Object.keys(entry);
  return (
    keys[0] === 'run_index' &&
    keys[1] === 'run_id' &&
    keys.at(-1) === 'end_of_run' &&
    (countField(entry['run_index']) ?? 0) > 0 &&
    entry['end_of_run'] === entry['run_index'] &&
    entry['starts_at_byte'] === startsAt
  );
}

/** `null` unless the file is of our schema and its entries begin as an append by us needs it. */
function indentationAtHead(bytes: Buffer): number | null {
  const [, before, spaces] = /^((?:[^\n]*\n)*?)runs:\n( *)- /.exec(bytes.toString('latin1')) ?? [];
  if (before === undefined || spaces === undefined) return null;
  const fields = readSimpleYaml(before);
  return isMap(fields) && fields['schema_version'] === 1 ? spaces.length : null;
}

/**
 * The length without the entry of ours that is being written just now, or was torn off by a crash. `by others`, or edited,
 * may be the last entry; `not in sight` is where that entry begins.
 */
function wholeLengthOf(bytes: Buffer, indentation: number): number | 'by others' | 'not in sight' {
  // A power failure can leave zeros in the place of what was written last.
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  if (endsInMark(bytes, length)) return length;
  const start = bytes.subarray(0, length).lastIndexOf(beforeEntry(indentation)) + 1;
  if (start === 0) return 'not in sight';
  // Where its mark is there but is not the end, something else follows, or only a line end is missing.
  const isTorn = isOurs(bytes, start, length) && !bytes.subarray(start, length).includes(' end_of_run: ');
  return isTorn && endsInMark(bytes, start) ? start : 'by others';
}

function isOurs(bytes: Buffer, start: number, end: number): boolean {
  return /^ *- run_index: \d+\n *run_id: ./.test(bytes.toString('latin1', start, Math.min(end, start + 200)));
}

function endsInMark(bytes: Buffer, length: number): boolean {
  return /\n *end_of_run: \d+\n$/.test(bytes.toString('latin1', Math.max(0, length - 100), length));
}
