import { type NanoUsd, parseNanoUsd, usdNumber } from '@budget/core';
import { readTextIfThere, replaceFile } from '../storage/files.js';
import { countField, integerField, numberField, textField } from '../yaml/fields.js';
import { readYaml } from '../yaml/read-yaml.js';
import { isMap, type YamlMap, type YamlValue } from '../yaml/scalars.js';
import { writeYaml } from '../yaml/write-yaml.js';
import { type PlanEstimates, readPlanEstimates } from './plan-estimates.js';
import { planFingerprint } from './plan-fingerprint.js';
import { adviceForOurs, corruptFile, refuseNewerSchema } from './problems.js';
import { refuseTwice } from './refuse-twice.js';

/** One entry of `plans.yaml`. */
export interface PlanSnapshot {
  /** Fingerprint of the fields that make it this plan. */
  readonly snapshotId: string;
  readonly recordedAt: string;
  readonly exceedsMaxCalls: boolean;
  readonly exceedsCostCap: boolean;
  readonly estimates: PlanEstimates;
}

export interface PlansFile {
  /** All fields, under their names on disk; `null` when there is none yet. */
  readonly document: YamlMap | null;
  /** Oldest first. */
  readonly snapshots: readonly PlanSnapshot[];
}

/** @throws CodedError `file_corrupt`, `schema_newer`, … (kind `input`), or kind `environment`. */
export async function readPlansFile(path: string): Promise<PlansFile> {
  const text = (await readTextIfThere(path, { advice: adviceForOurs })) ?? '';
  const value = readYaml(text, path, adviceForOurs);
  if (value === null) return { document: null, snapshots: [] };
  if (!isMap(value))
    throw corruptFile(path, text, null, 'a plans file is a map with a list of snapshots', adviceForOurs);
  refuseNewerSchema(path, text, value['schema_version']);
  refuseTwice('snapshots', text, path, adviceForOurs);
  const snapshots = value['snapshots'] ?? [];
  if (!Array.isArray(snapshots)) throw corruptFile(path, text, 'snapshots', 'snapshots must be a list', adviceForOurs);
  if (!snapshots.every(isMap))
    throw corruptFile(path, text, 'snapshots', 'each of snapshots must be a map', adviceForOurs);
  return { document: value, snapshots: snapshots.map(readSnapshot) };
}

export function readSnapshot(document: YamlMap): PlanSnapshot {
  return {
    snapshotId: textField(document['snapshot_id']) ?? '',
    recordedAt: textField(document['recorded_at']) ?? '',
    exceedsMaxCalls: document['exceeds_max_calls'] === true,
    exceedsCostCap: document['exceeds_cost_cap'] === true,
    estimates: readPlanEstimates(document) as PlanEstimates,
  };
}

const FILTERS = ['stage', 'chapter_filter', 'chunk_filter', 'from_chapter', 'to_chapter'];
const LISTS = ['selected_chunk_ids', 'selected_chapter_numbers', 'per_workflow'];
const FLAGS = ['exceeds_max_calls', 'exceeds_cost_cap'];
/** Kept where a plan gives them, and not stood in for. */
const EXTRAS = ['models', 'total_completion_tokens_estimate', 'per_stage'];
const SCALARS = [
  'selected_chunk_count',
  'total_provider_calls_estimate',
  'total_prompt_tokens_estimate',
  'total_prompt_words_estimate',
  'estimated_cost_usd',
  'cost_per_1k_tokens',
  'max_calls',
  'cost_cap',
];
const PLAN_KEYS = new Set([...FILTERS, ...LISTS, ...FLAGS, ...EXTRAS, ...SCALARS]);

/** The compact snapshot of a plan summary: its own values, whatever their type, and a stand-in for what is absent. */
export function snapshotOf(summary: YamlMap, recordedAt: string): YamlMap {
  const given = (key: string): YamlValue => summary[key] ?? null;
  const list = (key: string): YamlValue => (summary[key] === undefined ? [] : given(key));
  const flag = (key: string): YamlValue => (summary[key] === undefined ? false : given(key));
  const filters = Object.fromEntries(FILTERS.map((key) => [key, given(key)]));
  return {
    snapshot_id: planFingerprint({ ...summary, filters }),
    recorded_at: recordedAt,
    stage: given('stage'),
    filters,
    selected_chunk_count: given('selected_chunk_count'),
    selected_chunk_ids: list('selected_chunk_ids'),
    selected_chapter_numbers: list('selected_chapter_numbers'),
    per_workflow: list('per_workflow'),
    total_provider_calls_estimate: given('total_provider_calls_estimate'),
    total_prompt_tokens_estimate: given('total_prompt_tokens_estimate'),
    total_prompt_words_estimate: given('total_prompt_words_estimate'),
    estimated_cost_usd: given('estimated_cost_usd'),
    cost_per_1k_tokens: given('cost_per_1k_tokens'),
    max_calls: given('max_calls'),
    cost_cap: given('cost_cap'),
    exceeds_max_calls: flag('exceeds_max_calls'),
    exceeds_cost_cap: flag('exceeds_cost_cap'),
    ...Object.fromEntries(EXTRAS.filter((key) => summary[key] !== undefined).map((key) => [key, given(key)])),
  };
}

/** Pure: the file with the snapshot in it. The plan that is already last is refreshed instead of repeated. */
export function withSnapshot(
  file: PlansFile,
  snapshot: YamlMap,
  retention: number,
): { document: YamlMap; refreshed: boolean } {
  const document = file.document ?? {};
  const earlier = (document['snapshots'] ?? []) as YamlMap[];
  const last = earlier.at(-1);
  const refreshed = last !== undefined && textField(last['snapshot_id']) === snapshot['snapshot_id'];
  const snapshots = refreshed ? [...earlier.slice(0, -1), refresh(last, snapshot)] : [...earlier, snapshot];
  const dropped = retention > 0 ? snapshots.slice(0, Math.max(0, snapshots.length - retention)) : [];
  return {
    refreshed,
    document: {
      ...document,
      schema_version: 1,
      pruned_count: (countField(document['pruned_count']) ?? 0) + dropped.length,
      pruned: prunedWith(document['pruned'] ?? null, dropped),
      snapshots: snapshots.slice(dropped.length),
    },
  };
}

/** All that a plan gives is replaced; what others added to the snapshot stays. */
function refresh(last: YamlMap, snapshot: YamlMap): YamlMap {
  const kept: YamlMap = { ...last };
  for (const key of EXTRAS) delete kept[key];
  return { ...kept, ...snapshot };
}

/** Whether a plan summary has any field that plans have. */
export function hasPlanFields(summary: YamlMap): boolean {
  return Object.keys(summary).some((key) => PLAN_KEYS.has(key));
}

const COMPARED = [
  'total_provider_calls_estimate',
  'total_prompt_tokens_estimate',
  'total_completion_tokens_estimate',
  'estimated_cost_usd',
];

/** The figures of a plan summary that are given and are no numbers: no run can be compared with them. */
export function notNumbers(summary: YamlMap): string[] {
  return COMPARED.filter((key) => (summary[key] ?? null) !== null && numberField(summary[key]) === null);
}

/** What retention has dropped, summed, so that it is not lost with the snapshots. */
function prunedWith(pruned: YamlValue, dropped: readonly YamlMap[]): YamlValue {
  if (dropped.length === 0) return pruned;
  const before = isMap(pruned) ? pruned : {};
  const cost = dropped.reduce(
    (sum, snapshot) => sum + (usdField(snapshot['estimated_cost_usd']) ?? 0n),
    integerField(before['estimated_cost_nano_usd_total']) ?? usdField(before['estimated_cost_usd_total']) ?? 0n,
  );
  return {
    ...before,
    count: (countField(before['count']) ?? 0) + dropped.length,
    first_recorded_at: before['first_recorded_at'] ?? dropped[0]?.['recorded_at'] ?? null,
    last_recorded_at: dropped.at(-1)?.['recorded_at'] ?? null,
    estimated_cost_usd_total: usdNumber(cost),
    estimated_cost_nano_usd_total: cost,
  };
}

function usdField(value: YamlValue | undefined): NanoUsd | null {
  const number = numberField(value);
  return number === null ? null : parseNanoUsd(number);
}

export async function writePlansFile(path: string, document: YamlMap): Promise<void> {
  const { snapshots, ...others } = document;
  await replaceFile(path, writeYaml({ ...others, snapshots }));
}
