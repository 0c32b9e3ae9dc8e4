import { CodedError } from '@budget/core';
import { collectRunRecords, runRecordsIn } from './collect-run-records.js';
import { adviceForInput } from './documents/problems.js';
import { readWorkflowRun, type WorkflowRun } from './documents/run-record.js';
import { readTextIfThere } from './storage/files.js';
import { fromJavaScript } from './yaml/from-javascript.js';
import { readStructured } from './yaml/read-structured.js';
import { isMap, type YamlValue } from './yaml/scalars.js';

export interface RunRecordsGiven {
  /** Run records at hand, in the shape that they have on disk. */
  readonly records?: readonly unknown[] | undefined;
  /** Names of files, directories and patterns; relative ones to `directory`. */
  readonly runs?: readonly string[] | undefined;
  readonly directory?: string | undefined;
}

export interface RunRecords {
  readonly workflows: readonly WorkflowRun[];
  /** How many of `records` were no maps. */
  readonly skippedWorkflows: number;
  readonly warnings: readonly string[];
}

/**
 * @param standard where run records are when neither records nor names are given.
 * @throws CodedError `options_conflict` (kind `usage`); `runs_not_found`, `file_corrupt`, `value_unsupported`, …
 * (kind `input`) or kind `environment` for the first that cannot be read.
 */
export async function readRunRecords(given: RunRecordsGiven, standard: string): Promise<RunRecords> {
  const { records, runs, directory = process.cwd() } = given;
  if (records === undefined) {
    return await readFiles(runs === undefined ? runRecordsIn(standard) : await collectRunRecords(runs, directory));
  }
  if (runs !== undefined) throw bothGiven();
  const values = records.map((record, index) => fromJavaScript(record, `records[${index}]`));
  const maps = values.filter(isMap);
  return {
    workflows: maps.map((record, index) => readWorkflowRun(record, `records[${index}]`)),
    skippedWorkflows: values.length - maps.length,
    warnings: [],
  };
}

async function readFiles(files: readonly string[]): Promise<RunRecords> {
  const workflows: WorkflowRun[] = [];
  const warnings: string[] = [];
  for (const file of files) {
    const workflow = readWorkflowRun(await readRecord(file), file);
    const isEmpty = workflow.workflowRunId === null && workflow.workflowId === '' && workflow.stages.length === 0;
    if (isEmpty) warnings.push(`${file} has neither run_id, workflow_id nor stages. Is it a run record?`);
    workflows.push(workflow);
  }
  return { workflows, skippedWorkflows: 0, warnings };
}

async function readRecord(file: string): Promise<YamlValue> {
  const text = await readTextIfThere(file, { advice: adviceForInput });
  if (text !== null) return readStructured(text, file, adviceForInput);
  throw new CodedError({
    code: 'runs_not_found',
    kind: 'input',
    file,
    message: `${file}: there is no such file; where it is a link, it leads nowhere. Nothing was recorded.`,
  });
}

function bothGiven(): CodedError {
  return new CodedError({
    code: 'options_conflict',
    kind: 'usage',
    message: 'Give either runs (names of files) or records (run records at hand), not both.',
  });
}
