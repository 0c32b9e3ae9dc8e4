import { createHash } from 'node:crypto';
import { CodedError, parsedJson } from '@budget/core';
import { archiveDamaged, notAnArchive } from './archive-errors.js';
import type { BudgetSummary } from './budget-summary.js';

/** What an archive says of itself, under its names on disk: its first entry. */
export interface ArchiveManifest {
  readonly schema_version: 1;
  /** ISO 8601: when the project was last active, not when it was archived. */
  readonly created_at: string;
  readonly tool: string;
  readonly slug: string;
  readonly files: {
    readonly count: number;
    /** Of all files together. */
    readonly bytes: number;
    /** Of `files.jsonl`, and so of the content of everything. */
    readonly list_sha256: string;
  };
  /** Empty when there is no budget data. */
  readonly metadata: { readonly budget_summary?: BudgetSummary };
  /** Of all the other fields, in their order and as JSON without spaces: what it says of the cost is not changed unseen. */
  readonly manifest_sha256: string;
}

/** What the file beside an archive knows besides. */
export interface ArchiveSeal {
  /** Of the archive as a file. */
  readonly sha256: string;
  readonly bytes: number;
}

export const MANIFEST_NAME = 'manifest.json';
export const LIST_NAME = 'files.jsonl';
export const TOOL = '@budget/infospace';
export const ARCHIVE_END = '.tar.gz';
export const SIDECAR_END = '.manifest.json';

/** What is read of an archive or of its sidecar to know what it says of itself. */
export const HEAD_BYTES = 64 * 1024;
/** With its header it fits into `HEAD_BYTES`, even when nothing of it can be compressed. */
export const MAX_MANIFEST_BYTES = 56 * 1024;

/** The path of the file beside an archive. */
export function sidecarOf(archive: string): string {
  const end = archive.endsWith(ARCHIVE_END) ? ARCHIVE_END.length : 0;
  return `${archive.slice(0, archive.length - end)}${SIDECAR_END}`;
}

export function completeManifest(fields: Omit<ArchiveManifest, 'manifest_sha256'>): ArchiveManifest {
  return { ...fields, manifest_sha256: sha256Of(fields) };
}

export function manifestText(manifest: ArchiveManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

export function sidecarText(manifest: ArchiveManifest, archive: ArchiveSeal): string {
  return `${JSON.stringify({ ...manifest, archive }, null, 2)}\n`;
}

/** @throws CodedError `archive_damaged`, `not_an_archive`, `schema_newer` (input). */
export function readManifest(text: string, file: string): ArchiveManifest {
  return checkedManifest(fieldsIn(text, file), file);
}

/** @throws CodedError as `readManifest`. */
export function readSidecar(text: string, file: string): { manifest: ArchiveManifest; archive: ArchiveSeal } {
  const { archive, ...fields } = fieldsIn(text, file);
  if (!isFields(archive) || !isSha256(archive['sha256']) || !isCount(archive['bytes'])) {
    throw archiveDamaged(file, 'it does not say which archive it belongs to');
  }
  return { manifest: checkedManifest(fields, file), archive: { sha256: archive['sha256'], bytes: archive['bytes'] } };
}

function fieldsIn(text: string, file: string): Record<string, unknown> {
  const fields = parsedJson(text);
  if (!isFields(fields)) throw archiveDamaged(file, 'its manifest is no JSON object');
  return fields;
}

function checkedManifest(fields: Record<string, unknown>, file: string): ArchiveManifest {
  const version = fields['schema_version'];
  if (typeof version === 'number' && version > 1) throw newer(file, version);
  const { created_at, slug, tool, files, metadata } = fields;
  const isManifest =
    version === 1 &&
    [created_at, slug, tool].every((value) => typeof value === 'string') &&
    isFields(files) &&
    isCount(files['count']) &&
    isCount(files['bytes']) &&
    isSha256(files['list_sha256']) &&
    isFields(metadata) &&
    (metadata['budget_summary'] === undefined || isSummary(metadata['budget_summary']));
  if (!isManifest) throw notAnArchive(file, 'its manifest lacks what a manifest has');
  const { manifest_sha256, ...others } = fields;
  if (manifest_sha256 !== sha256Of(others)) throw archiveDamaged(file, 'its manifest was changed');
  return fields as unknown as ArchiveManifest;
}

function isSummary(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { by_model, latest_snapshot_id, last_run_at } = value;
  return (
    isUse(value) &&
    [value['plans_count'], value['runs_count']].every(isCount) &&
    [value['total_cost_usd_known'], value['total_cost_usd_estimated']].every(Number.isFinite) &&
    [latest_snapshot_id, last_run_at].every(isTextOrNull) &&
    Array.isArray(by_model) &&
    by_model.every((use) => isFields(use) && isUse(use) && [use['provider'], use['model']].every(isTextOrNull))
  );
}

/** What the whole and each of its models have. */
function isUse(fields: Record<string, unknown>): boolean {
  const { calls, total_tokens, unpriced_calls, cost_nano_usd_known, cost_nano_usd_estimated } = fields;
  return (
    [calls, total_tokens, unpriced_calls].every(isCount) && [cost_nano_usd_known, cost_nano_usd_estimated].every(isNano)
  );
}

function newer(file: string, version: number): CodedError {
  const message = `${file}: its schema_version is ${version}, and this version of budget knows 1. Upgrade budget.`;
  return new CodedError({ code: 'schema_newer', kind: 'input', file, message });
}

function sha256Of(fields: object): string {
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isNano = (value: unknown): boolean =>
  Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,40}$/.test(value));
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';
const isSha256 = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
