import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { tellProgress, withCommas } from './print.mjs';
import { writeRunRecord } from './run-records.mjs';

const TELL_EVERY_RUNS = 1000;
const STANDARD_DIRECTORY = ['output', 'workflows', 'runs'];

const PLAN = {
  stage: 'all',
  total_provider_calls_estimate: 3,
  total_prompt_tokens_estimate: 14_000,
  total_completion_tokens_estimate: 3_000,
  estimated_cost_usd: 0.05,
  per_workflow: [{ workflow_id: 'web-survey', calls: 3, prompt_words_estimate: 9_000 }],
};

/** Where a scan looks for run records. */
export function runRecordsOf(infospace) {
  return join(infospace, ...STANDARD_DIRECTORY);
}

export function usageFileOf(infospace) {
  return join(infospace, 'output', 'budget', 'usage.yaml');
}

/** An empty workspace with prices of today, so that the age of a table is no part of the measurement. */
export function createWorkspace(workspace) {
  mkdirSync(join(workspace, 'infospaces'), { recursive: true });
  const captured_at = new Date().toISOString().slice(0, 10);
  const rate = (prompt_per_1k, completion_per_1k) => ({
    prompt_per_1k,
    completion_per_1k,
    currency: 'USD',
    captured_at,
  });
  const rates = { 'openai/gpt-5-mini': rate(0.00025, 0.002), 'anthropic/claude-sonnet-4-5': rate(0.003, 0.015) };
  // JSON is YAML.
  writeFileSync(join(workspace, 'model-rates.yaml'), JSON.stringify({ rates }, null, 2));
}

/** An infospace with a plan and no run. */
export async function createInfospace(library, infospace) {
  mkdirSync(infospace, { recursive: true });
  await library.recordPlan({ infospace, plan: PLAN });
}

/**
 * Records runs through the library, one after the other, each of new run records in the standard directory: by their
 * names, and the last run as a scan of the whole directory. The records are those from number `from` up to `to`, which
 * is not among them. Returns the runs as the library gave them.
 */
export async function recordHistory(library, infospace, { from, to, recordsPerRun = 1 }) {
  const history = [];
  for (let number = from; number < to; number += recordsPerRun) {
    const end = Math.min(number + recordsPerRun, to);
    const runs = [];
    for (let record = number; record < end; record += 1) {
      runs.push(writeRunRecord(runRecordsOf(infospace), record, { isOld: true }));
    }
    const { run } = await library.recordRun({ infospace, runs: end === to ? undefined : runs });
    if (run?.workflows.length !== runs.length) throw new Error(`${infospace}: record ${number} is not in its own run.`);
    history.push(run);
    if (run.runIndex % TELL_EVERY_RUNS === 0) tellProgress(`${basename(infospace)}: ${withCommas(run.runIndex)} runs`);
  }
  return history;
}

/** A copy with the same times; without the run records when they are not looked at. */
export function copyInfospace(from, to, { withRunRecords }) {
  const left = withRunRecords ? null : runRecordsOf(from);
  cpSync(from, to, { recursive: true, preserveTimestamps: true, filter: (path) => path !== left });
}
