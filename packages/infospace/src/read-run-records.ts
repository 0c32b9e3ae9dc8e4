import { CodedError } from '@budget/core';
import { collectRunRecords, runRecordsIn } from './collect-run-records.js';
import { adviceForInput } from './documents/problems.js';
import { refuseTwice } from './documents/refuse-twice.js';
import { readWorkflowRun, type WorkflowRun } from './documents/run-record.js';
import { type FileStamp, fileStamp, readTextIfThere } from './storage/files.js';
import { fromJavaScript } from './yaml/from-javascript.js';
import { isJson, readStructured } from './yaml/read-structured.js';
import { isMap } from './yaml/scalars.js';

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
  /** The files that were read, but for those that gave cause for a warning. */
  readonly readFiles: readonly ReadRecordFile[];
  /** How many files were not read, because nothing in them can be new. */
  readonly knownFiles: number;
}

export interface RecordFile {
  readonly path: string;
  /** As it was just before it was read. */
  readonly stamp: FileStamp;
}

export interface ReadRecordFile extends RecordFile {
  readonly workflow: WorkflowRun;
}

/**
 * @param standard where run records are when neither records nor names are given.
 * @param isKnown whether a file holds nothing new, so that it need not be read.
 * @throws CodedError `options_conflict` (kind `usage`); `runs_not_found`, `file_corrupt`, `value_unsupported`, …
 * (kind `input`) or kind `environment` for the first that cannot be read.
 */
export async function readRunRecords(
  given: RunRecordsGiven,
  standard: string,
  isKnown: (file: RecordFile) => boolean,
): Promise<RunRecords> {
  const { records, runs, directory = process.cwd() } = given;
  if (records === undefined) {
    const files = runs === undefined ? runRecordsIn(standard) : await collectRunRecords(runs, directory);
    return await readFiles(files, isKnown);
  }
  if (runs !== undefined) throw bothGiven();
  const values = records.map((record, index) => fromJavaScript(record, `records[${index}]`));
  const maps = values.filter(isMap);
  return {
    workflows: maps.map((record, index) => readWorkflowRun(record, `records[${index}]`)),
    skippedWorkflows: values.length - maps.length,
    warnings: [],
    readFiles: [],
    knownFiles: 0,
  };
}

async function readFiles(paths: readonly string[], isKnown: (file: RecordFile) => boolean): Promise<RunRecords> {
  const workflows: WorkflowRun[] = [];
  const warnings: string[] = [];
  const readFiles: ReadRecordFile[] = [];
  let knownFiles = 0;
  for (const path of paths) {
    // Before it is read: what is written to it afterwards makes it another.
    const stamp = fileStamp(path);
    if (stamp !== null && isKnown({ path, stamp })) {
      knownFiles++;
      continue;
    }
    const workflow = await readRecord(path);
    const isEmpty = workflow.workflowRunId === null && workflow.workflowId === '' && workflow.stages.length === 0;
    if (isEmpty) warnings.push(`${path} has neither run_id, workflow_id nor stages. Is it a run record?`);
    else if (stamp !== null) readFiles.push({ path, stamp, workflow });
    workflows.push(workflow);
  }
  return { workflows, skippedWorkflows: 0, warnings, readFiles, knownFiles };
}

/** @throws CodedError `runs_not_found`, `file_corrupt`, … (kind `input`), or kind `environment`. */
export async function readRecord(file: string): Promise<WorkflowRun> {
  const text = await readTextIfThere(file, { advice: adviceForInput });
  if (text !== null) {
    // JSON needs no indentation to tell the stages of something else apart.
    if (!isJson(text, file)) refuseTwice('stages', text, file, adviceForInput);
    return readWorkflowRun(readStructured(text, file, adviceForInput, 'stages'), file);
  }
  // Left out in silence, its run would look as if it had never been.
  const message = `${file}: there is no such file. Nothing was recorded.`;
  throw new CodedError({ code: 'runs_not_found', kind: 'input', file, message });
}

function bothGiven(): CodedError {
  return new CodedError({
    code: 'options_conflict',
    kind: 'usage',
    message: 'Give either runs (names of files) or records (run records at hand), not both.',
  });
}
