import { snakeKeys } from '@budget/core';
import { appendToFile, cutFile, readFileIfThere, readingFile, replaceFile, setAside } from '../storage/files.js';
import { writeListItem, writeYaml } from '../yaml/write-yaml.js';
import { compactTime } from './compact-time.js';
import { lastEntryStarts } from './last-entries.js';
import { readUsageFile, usageFileOf } from './usage-file.js';
import type { UsageOverview } from './usage-overview.js';
import type { UsageRun, UsageTotals } from './usage-run.js';
import { usageEntryFields } from './usage-run-fields.js';

/**
 * Sets a torn tail aside beside the file and cuts it off. Only the lock's holder may: to anybody else it may be a write
 * that is still under way.
 *
 * @returns where the torn bytes are now, or `null` when there were none.
 */
export async function repairTornTail(usage: UsageOverview, nowMs: number): Promise<string | null> {
  const { path, wholeBytes, tornBytes } = usage;
  if (tornBytes === 0) return null;
  const size = wholeBytes + tornBytes;
  const torn = await readingFile(path, (file) => file.read(wholeBytes, size));
  const copy = `${path}.torn`;
  // The copy comes first: a crash between the steps leaves the bytes in both places, never in none.
  await replaceFile(copy, torn ?? '');
  const aside = await setAside(copy, compactTime(nowMs));
  await cutFile(path, size, wholeBytes);
  return aside;
}

/**
 * Adds one entry; the moment it is on disk is the moment the run is recorded. The file must have no torn tail, and be as
 * `usage` saw it.
 */
export async function appendRun(usage: UsageOverview, run: UsageRun): Promise<void> {
  const { path, wholeBytes, indentation } = usage;
  if (indentation === null) return await rewriteWith(path, run);
  const item = writeListItem(usageEntryFields(run, wholeBytes), indentation);
  await appendToFile(path, wholeBytes, Buffer.from(item, 'utf8'));
}

/**
 * Writes other `totals_to_date` into the last entry, in place of those that do not agree with the entries. Does nothing
 * where the file is not laid out as an append by us needs it: there no reader trusts them.
 *
 * @returns whether it was done.
 */
export async function correctTotals(path: string, totals: UsageTotals): Promise<boolean> {
  const bytes = (await readFileIfThere(path)) ?? Buffer.alloc(0);
  const { text } = usageFileOf(path, bytes);
  const last = text.entries.at(-1);
  if (text.indentation === null || last === undefined) return false;
  const startsAt = lastEntryStarts(bytes, text.indentation, 1)[0] ?? 0;
  const { end_of_run, ...fields } = last;
  const entry = { ...fields, totals_to_date: snakeKeys(totals), starts_at_byte: startsAt, end_of_run };
  const item = Buffer.from(writeListItem(entry, text.indentation), 'utf8');
  await replaceFile(path, Buffer.concat([bytes.subarray(0, startsAt), item]));
  return true;
}

/** Brings another layout into ours, whole and at once, with every field that it has. */
async function rewriteWith(path: string, run: UsageRun): Promise<void> {
  const { text } = await readUsageFile(path);
  const { runs: _, ...others } = text.document ?? {};
  const entries = text.entries.map((entry) => writeListItem(entry, 0)).join('');
  // The list by itself: in a map, fields whose keys are no text come last.
  const before = `${writeYaml({ schema_version: 1, ...others })}runs:\n${entries}`;
  const item = writeListItem(usageEntryFields(run, Buffer.byteLength(before)), 0);
  await replaceFile(path, before + item);
}
