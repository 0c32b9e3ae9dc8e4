import { join } from 'node:path';
import { readTextIfThere, replaceFile } from '../storage/files.js';
import { adviceForOurs, corruptFile, refuseNewerSchema } from './problems.js';
import type { RunStatus } from './usage-run.js';

/** `run.json`: what a run is, and how far it has come. */
export interface RunState {
  readonly runId: string;
  /** `recorded`: nothing more is to be done about it. */
  readonly state: 'open' | 'recorded';
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** The program that it runs, without its arguments: prompts and keys are passed in them. */
  readonly command: string | null;
  /** The plan it runs against, or `null`. */
  readonly snapshotId: string | null;
  /** The root of its infospace, absolute; `null` outside one. */
  readonly infospace: string | null;
  readonly workspace: string | null;
  /** Whose calls these are for who observes them; `null` where nobody said so. */
  readonly application: string | null;
  /** What it is made for, in the organisation's own planning; `null` where nobody said so. */
  readonly workplanId: string | null;
  readonly workplanTaskId: string | null;
  /** No event of it is sent to a hub, whoever ends it and whatever is configured then. */
  readonly hubDisabled: boolean;
  /** Who runs it, as `formatIdentity` writes it. */
  readonly process: string;
  /** The time by the clock of the disk when it began: a file changed since then is newer than the run. */
  readonly beganOnDiskMs: number;
  /** How long `usage.yaml` was then: an entry of this run can only stand after it. */
  readonly usageBytes: number;
  /** How it ended, as soon as that is known; `null` before. */
  readonly end: RunEnd | null;
  /** Its entry in `usage.yaml`; `null` before, and outside an infospace. */
  readonly runIndex: number | null;
}

export interface RunEnd {
  readonly status: RunStatus;
  readonly reason: string | null;
  readonly durationSeconds: number | null;
  /** Run records that were changed after this, in milliseconds since 1970, are not of this run. */
  readonly recordsUntilMs: number;
}

export const RUN_STATE_FILE = 'run.json';

export const runStateFile = (directory: string): string => join(directory, RUN_STATE_FILE);

/**
 * `null` where there is no such run.
 *
 * @throws CodedError `file_corrupt`, `schema_newer`, … (kind `input`), or kind `environment`.
 */
export async function readRunState(directory: string): Promise<RunState | null> {
  const path = runStateFile(directory);
  const text = await readTextIfThere(path, { advice: adviceForOurs });
  if (text === null) return null;
  const fields = fieldsOf(text);
  if (fields === null) throw corruptFile(path, text, null, 'the state of a run is a JSON object', adviceForRuns);
  refuseNewerSchema(path, text, fields['schema_version'], adviceForRuns);
  const runId = textOf(fields['run_id']);
  const state = fields['state'];
  if (runId === null || (state !== 'open' && state !== 'recorded')) {
    throw corruptFile(path, text, 'state', 'run_id must be text, and state open or recorded', adviceForRuns);
  }
  return {
    runId,
    state,
    startedAt: textOf(fields['started_at']) ?? '',
    command: textOf(fields['command']),
    snapshotId: textOf(fields['snapshot_id']),
    infospace: textOf(fields['infospace']),
    workspace: textOf(fields['workspace']),
    application: textOf(fields['application']),
    workplanId: textOf(fields['workplan_id']),
    workplanTaskId: textOf(fields['workplan_task_id']),
    hubDisabled: fields['hub_disabled'] === true,
    process: textOf(fields['process']) ?? '',
    beganOnDiskMs: numberOf(fields['began_on_disk_ms']) ?? 0,
    usageBytes: numberOf(fields['usage_bytes']) ?? 0,
    end: endOf(fields),
    runIndex: numberOf(fields['run_index']),
  };
}

/** What to do about the file of a run that cannot be read. */
export const adviceForRuns =
  'Nothing was changed; mend the file, or delete the directory of this run if its costs are of no use.';

/** @throws CodedError as `replaceFile`. */
export async function writeRunState(directory: string, state: RunState): Promise<void> {
  const fields = {
    schema_version: 1,
    run_id: state.runId,
    state: state.state,
    started_at: state.startedAt,
    command: state.command,
    snapshot_id: state.snapshotId,
    infospace: state.infospace,
    workspace: state.workspace,
    application: state.application,
    workplan_id: state.workplanId,
    workplan_task_id: state.workplanTaskId,
    hub_disabled: state.hubDisabled,
    process: state.process,
    began_on_disk_ms: state.beganOnDiskMs,
    usage_bytes: state.usageBytes,
    status: state.end?.status ?? null,
    reason: state.end?.reason ?? null,
    duration_seconds: state.end?.durationSeconds ?? null,
    records_until_ms: state.end?.recordsUntilMs ?? null,
    run_index: state.runIndex,
  };
  await replaceFile(runStateFile(directory), `${JSON.stringify(fields, null, 2)}\n`);
}

function endOf(fields: Readonly<Record<string, unknown>>): RunEnd | null {
  const status = (['completed', 'failed', 'cancelled'] as const).find((word) => word === fields['status']);
  if (status === undefined) return null;
  return {
    status,
    reason: textOf(fields['reason']),
    durationSeconds: numberOf(fields['duration_seconds']),
    recordsUntilMs: numberOf(fields['records_until_ms']) ?? 0,
  };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isMap ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
