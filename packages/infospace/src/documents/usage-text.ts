import { CodedError } from '@budget/core';
import { countField, mapsField, numberField } from '../yaml/fields.js';
import { readYaml } from '../yaml/read-yaml.js';
import { isMap, type YamlMap } from '../yaml/scalars.js';
import { adviceForOurs, corruptFile, refuseNewerSchema } from './problems.js';
import { refuseTwice } from './refuse-twice.js';

/** `usage.yaml` as text: where its entries are, and whether the last one is whole. Pure; the disk is elsewhere. */
export interface UsageText {
  /** The whole document without a torn tail; `null` when there is none yet. */
  readonly document: YamlMap | null;
  /** The entries, oldest first. */
  readonly entries: readonly YamlMap[];
  /**
   * How many spaces stand before the dash of an entry, when entries can be appended as text; `null` when the file is
   * laid out in a way (flow style, another last key, …) that must be rewritten first.
   */
  readonly indentation: number | null;
  /** Where whole entries end: what follows is torn off a crashed write. A count of characters. */
  readonly wholeLength: number;
  /** Whether the last whole entry lacks its line end: a cut may have taken just that. */
  readonly missingLineEnd: boolean;
}

/**
 * @throws CodedError `file_corrupt` or `schema_newer` (kind `input`): the file is no usage file of a version we know.
 */
export function parseUsageText(bytesAsText: string, file: string): UsageText {
  const text = withoutZeros(bytesAsText);
  const indentation = appendIndentation(text);
  // What ends in its mark was written to the end: when it cannot be read somebody has edited it, and it stays.
  const mayBeTorn = indentation !== null && !/\n *end_of_run: \d+\n$/.test(text.slice(-100));
  const lastStart = mayBeTorn ? lastItemStart(text, indentation) : -1;
  const { whole, document, entries } = readWholeEntries(text, lastStart, file);
  return {
    document,
    entries,
    // What the lines look like and what the parser sees must agree before text is appended to text.
    indentation: indentation !== null && countItems(whole, indentation) === entries.length ? indentation : null,
    wholeLength: whole.length,
    missingLineEnd: whole !== '' && !whole.endsWith('\n'),
  };
}

/** A power failure can leave zeros in the place of what was written last. Zeros alone are no usage file. */
function withoutZeros(text: string): string {
  let length = text.length;
  while (length > 0 && text.charCodeAt(length - 1) === 0) length--;
  return length === 0 ? text : text.slice(0, length);
}

interface WholeEntries {
  /** The text without a torn last entry. */
  readonly whole: string;
  readonly document: YamlMap | null;
  readonly entries: readonly YamlMap[];
}

/** `lastStart`: where the last entry begins, or -1 where that cannot be told; then nothing is taken for torn. */
function readWholeEntries(text: string, lastStart: number, file: string): WholeEntries {
  try {
    const read = readEntries(text, file);
    const last = read.entries.at(-1);
    if (lastStart < 0 || last === undefined || isWholeEntry(last, text.endsWith('\n'))) return read;
  } catch (error) {
    if (lastStart < 0 || !CodedError.isInstance(error) || error.code !== 'file_corrupt') throw error;
  }
  // Where the rest is broken too, this says so.
  return readEntries(text.slice(0, lastStart), file);
}

function readEntries(text: string, file: string): WholeEntries {
  const document = readDocument(text, file);
  return { whole: text, document, entries: document === null ? [] : entriesOf(document, text, file) };
}

function readDocument(text: string, file: string): YamlMap | null {
  const value = readYaml(text, file, adviceForOurs);
  if (value === null) return null;
  if (!isMap(value)) throw corruptFile(file, text, null, 'a usage file is a map with a list of runs', adviceForOurs);
  refuseNewerSchema(file, text, value['schema_version']);
  refuseTwice('runs', text, file, adviceForOurs);
  return value;
}

function entriesOf(document: YamlMap, text: string, file: string): YamlMap[] {
  const runs = document['runs'];
  // Nothing after `runs:` is what remains when the only entry is torn away.
  if (runs === undefined || runs === null) return [];
  if (!Array.isArray(runs)) throw corruptFile(file, text, 'runs', 'runs must be a list', adviceForOurs);
  const entries = runs.filter(isMap);
  if (entries.length !== runs.length)
    throw corruptFile(file, text, 'runs', 'each of runs must be a map', adviceForOurs);
  return entries;
}

const RUNS_KEY = /^runs:[ \t]*(?:#.*)?$/m;

/**
 * The indentation of the entries, when `runs` is the last key and a block list: then an entry is appended as text.
 * One pass over the lines proves it: none after `runs:` may stand left of the entries' dashes.
 */
function appendIndentation(text: string): number | null {
  if (/[\r\ufeff]/.test(text) || /^(?:---|\.\.\.|%)/m.test(text)) return null;
  const key = RUNS_KEY.exec(text);
  if (key === null) return null;
  let indentation: number | null = null;
  for (const line of text.slice(key.index + key[0].length + 1).split('\n')) {
    const content = line.trimStart();
    if (content === '' || content.startsWith('#')) continue;
    const spaces = line.length - content.length;
    // A bare dash is an item too: a write can be cut right after it.
    const hasDash = content.startsWith('- ') || content === '-';
    indentation ??= hasDash ? spaces : -1;
    if (spaces < indentation || (spaces === indentation && !hasDash) || indentation < 0) return null;
  }
  return indentation ?? 0;
}

function lastItemStart(text: string, indentation: number): number {
  const dash = `\n${' '.repeat(indentation)}-`;
  const index = text.endsWith(dash) ? text.length - dash.length : text.lastIndexOf(`${dash} `);
  return index < 0 || index < (RUNS_KEY.exec(text)?.index ?? 0) ? -1 : index + 1;
}

function countItems(text: string, indentation: number): number {
  const list = text.slice(RUNS_KEY.exec(text)?.index ?? text.length);
  return list.split(`\n${' '.repeat(indentation)}- `).length - 1;
}

/** Ours ends in `end_of_run`; one by others is whole when its rollup equals the sum of its buckets. */
export function isWholeEntry(entry: YamlMap, hasLineEnd: boolean): boolean {
  const isOurs = Object.keys(entry)[1] === 'run_id' || entry['end_of_run'] !== undefined;
  if (isOurs) return entry['end_of_run'] !== undefined && entry['end_of_run'] === entry['run_index'];
  return rollupMatchesBuckets(entry) && (hasLineEnd || lastFieldIsCertain(entry));
}

const SUMMED = [
  ['total_calls', 'calls'],
  ['total_prompt_tokens', 'prompt_tokens'],
  ['total_completion_tokens', 'completion_tokens'],
  ['total_tokens', 'total_tokens'],
] as const;

const BUCKET_KEYS = ['cost_usd_known', 'cost_usd_estimated', 'cost_status', 'cost_estimated_for_calls'];

function rollupMatchesBuckets(entry: YamlMap): boolean {
  const rollup = entry['rollup'];
  if (!isMap(rollup) || !Array.isArray(entry['per_bucket'])) return false;
  const buckets = mapsField(entry['per_bucket']);
  if (!buckets.every((bucket) => BUCKET_KEYS.every((key) => bucket[key] !== undefined))) return false;
  const lastKeyIsThere = 'total_cost_usd_estimated' in rollup;
  return (
    lastKeyIsThere &&
    SUMMED.every(([total, part]) => {
      const sum = buckets.reduce((total, bucket) => total + (countField(bucket[part]) ?? 0), 0);
      return numberField(rollup[total]) === sum;
    })
  );
}

/** Without a line end the last number may have lost digits; it is certain where the others determine it. */
function lastFieldIsCertain(entry: YamlMap): boolean {
  const last = mapsField(entry['per_bucket']).at(-1);
  if (last === undefined) return true;
  const estimatedFor = countField(last['cost_estimated_for_calls']);
  return estimatedFor === (last['cost_usd_estimated'] === null ? 0 : countField(last['calls']));
}
