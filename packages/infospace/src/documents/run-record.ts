import { createHash } from 'node:crypto';
import { readTokenUsage } from '@budget/core';
import { numberField, textField } from '../yaml/fields.js';
import { isMap, toPlain, type YamlMap, type YamlValue } from '../yaml/scalars.js';
import { writeYaml } from '../yaml/write-yaml.js';
import { adviceForInput, corruptFile } from './problems.js';

/** What a workflow engine wrote about one run of one workflow, as far as we use it. */
export interface WorkflowRun {
  /** `null` where the record has none: then `recordHash` is its identity. */
  readonly workflowRunId: string | null;
  readonly workflowId: string;
  readonly status: string | null;
  readonly stages: readonly Stage[];
  /** SHA-256 over the record's values; only where it has no id. */
  readonly recordHash: string | null;
}

/** One entry of `stages`. Without a provider it made no call; what is no map is counted as skipped. */
export type Stage = StageCall | 'no_call' | 'not_a_map';

export interface StageCall {
  readonly stageId: string;
  readonly provider: string;
  readonly model: string;
  readonly failed: boolean;
  readonly durationMs: number | null;
  /** The provider's own usage object, not yet read. */
  readonly usage: unknown;
}

/**
 * @throws CodedError `file_corrupt` (kind `input`) when the record is no map. Everything else that is odd inside it is
 * counted by the aggregation and does not stop it.
 */
export function readWorkflowRun(record: YamlValue, file: string): WorkflowRun {
  if (!isMap(record))
    throw corruptFile(file, '', null, 'a run record is a map with run_id, workflow_id and stages', adviceForInput);
  const workflowRunId = text(record['run_id']);
  return {
    workflowRunId: workflowRunId === '' ? null : workflowRunId,
    workflowId: text(record['workflow_id']),
    status: text(record['status']) || null,
    stages: readStages(record['stages']),
    recordHash: workflowRunId === '' ? hashOf(record) : null,
  };
}

function readStages(stages: YamlValue | undefined): Stage[] {
  if (stages === undefined || stages === null) return [];
  return Array.isArray(stages) ? stages.map(readStage) : ['not_a_map'];
}

function readStage(stage: YamlValue): Stage {
  if (!isMap(stage)) return 'not_a_map';
  const provider = text(stage['provider']);
  if (provider === '') return 'no_call';
  const metadata = isMap(stage['metadata']) ? stage['metadata'] : {};
  return {
    stageId: text(stage['stage_id']),
    provider,
    model: text(metadata['model']),
    failed: /^(?:failed|error)$/i.test(text(stage['status'])),
    durationMs: duration(stage['duration_ms'] ?? metadata['duration_ms']),
    usage: toPlain(metadata['usage'] ?? null),
  };
}

/** Whether a stage made a call and says what it used. One that is under way says nothing yet, or nulls or zeros. */
export function tellsUsage(stage: Stage): boolean {
  const tokens = typeof stage === 'string' ? null : readTokenUsage(stage.usage).tokens;
  return tokens !== null && tokens.promptTokens + tokens.completionTokens > 0;
}

function duration(value: YamlValue | undefined): number | null {
  const number = numberField(value);
  return number !== null && number >= 0 && number <= Number.MAX_SAFE_INTEGER ? Number(number) : null;
}

const text = (value: YamlValue | undefined): string => textField(value) ?? '';

function hashOf(record: YamlMap): string {
  return createHash('sha256').update(writeYaml(record)).digest('hex');
}
