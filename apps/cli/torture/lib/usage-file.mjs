import { readFileSync } from 'node:fs';
import { NANO_USD_PER_RECORD, TOKENS_PER_RECORD } from './records.mjs';

export function textIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

/**
 * The whole entries of a `usage.yaml` as PyYAML reads them, and how many characters of a torn one follow. A kill may
 * tear the last entry and nothing else: where PyYAML cannot read what is before it, that is a violation.
 */
export async function readUsage({ pyyaml, findings, path }) {
  const text = textIfThere(path);
  const all = await entriesIn(pyyaml, text);
  if (all?.every(isWhole)) return { text, entries: all, torn: 0 };
  // A line with a dash left of all others begins an entry.
  const dash = /\n *-(?= |$)/.exec(text)?.[0] ?? '\n-';
  const wholeLength = Math.max(text.lastIndexOf(`${dash} `), text.endsWith(dash) ? text.length - dash.length : -1) + 1;
  const entries = await entriesIn(pyyaml, text.slice(0, wholeLength));
  if (entries?.every(isWhole)) return { text, entries, torn: text.length - wholeLength };
  findings.violation(`${path}: more than its last entry is torn`);
  return { text, entries: entries ?? [], torn: text.length };
}

async function entriesIn(pyyaml, text) {
  const { value } = await pyyaml.load(text);
  if (text === '') return [];
  return value?.schema_version === 1 ? (value.runs ?? []) : null;
}

/** The earlier tool's have no mark; here they all end in the last key of a bucket. */
function isWhole(entry) {
  if (entry?.end_of_run !== undefined) return entry.end_of_run === entry.run_index;
  return entry?.run_id === undefined && entry?.per_bucket?.at(-1)?.cost_estimated_for_calls === 0;
}

/**
 * Whether entries are what the records given to the command add up to.
 *
 * @param records by id: whether a command said that it recorded it (`acknowledged`).
 */
export function checkEntries(findings, path, entries, records) {
  const expect = (holds, message) => findings.expect(holds, () => `${path}: ${message()}`);
  const runIds = entries.map(({ run_id }) => run_id).filter((id) => id !== undefined);
  expect(new Set(runIds).size === runIds.length, () => 'a run_id stands twice');
  const ids = workflowIds(entries);
  expect(new Set(ids).size === ids.length, () => `recorded twice: ${ids.filter((id, at) => ids.indexOf(id) !== at)}`);
  expect(
    ids.every((id) => records.has(id)),
    () => `nobody recorded ${ids.filter((id) => !records.has(id))}`,
  );
  const there = new Set(ids);
  const lost = [...records].filter(([id, { acknowledged }]) => acknowledged && !there.has(id)).map(([id]) => id);
  expect(lost.length === 0, () => `lost though acknowledged: ${lost}`);
  let recordCount = 0;
  for (const [index, entry] of entries.entries()) {
    expect(entry.run_index === index + 1, () => `entry ${index + 1} has run_index ${entry.run_index}`);
    recordCount += entry.workflows.length;
    checkSums(expect, entry, recordCount);
  }
}

function checkSums(expect, entry, recordCount) {
  const { run_index, rollup, per_bucket, workflows, totals_to_date } = entry;
  const ofBuckets = (key) => per_bucket.reduce((sum, bucket) => sum + bucket[key], 0);
  expect(
    rollup.total_tokens === TOKENS_PER_RECORD * workflows.length && rollup.total_tokens === ofBuckets('total_tokens'),
    () => `run ${run_index} has ${rollup.total_tokens} tokens for ${workflows.length} records`,
  );
  expect(rollup.total_calls === ofBuckets('calls'), () => `run ${run_index}: calls differ from those of its buckets`);
  if (!totals_to_date) return;
  expect(
    totals_to_date.runs === run_index &&
      totals_to_date.total_tokens === TOKENS_PER_RECORD * recordCount &&
      totals_to_date.cost_nano_usd_known === NANO_USD_PER_RECORD * recordCount,
    () => `run ${run_index}: totals_to_date are ${JSON.stringify(totals_to_date)} after ${recordCount} records`,
  );
}

export function workflowIds(entries) {
  return entries.flatMap(({ workflows }) => workflows.map(({ run_id }) => run_id));
}
