import { resolve } from 'node:path';
import {
  existingInfospace,
  type RecordRunResult,
  recordRun,
  usageRunDocument,
  varianceDocument,
  varianceLine,
} from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import { type CommandResult, text, type View } from '../command-result.js';
import { runReporter } from '../compose.js';
import { observeRun } from '../observing/observe-run.js';
import { recoveredRuns } from '../recovered-runs.js';
import { counted } from '../render/amounts.js';
import { varianceTables } from '../render/variance-tables.js';
import type { Log } from '../stderr-log.js';
import type { Terminal } from '../terminal.js';

export interface RunRecordOptions {
  readonly runs?: readonly string[];
  readonly snapshot: string;
  readonly workspace?: string;
  readonly startedAt?: string;
  readonly durationSeconds?: number;
  readonly workplan?: string;
  readonly workplanTask?: string;
}

export async function runRecord(
  infospace: string | undefined,
  options: RunRecordOptions,
  terminal: Terminal,
  log: Log,
): Promise<CommandResult> {
  const { directory } = terminal;
  const root = chooseInfospace(infospace, directory);
  const reporter = runReporter(root, terminal, options);
  // Their own run records would be counted twice.
  const recovered = await recoveredRuns(root, terminal, reporter.announceOthers);
  const result = await recordRun({
    infospace: root,
    runs: options.runs,
    directory,
    snapshot: options.snapshot,
    workspace: options.workspace && resolve(directory, options.workspace),
    startedAt: options.startedAt,
    durationSeconds: options.durationSeconds,
    announce: reporter.announce,
  });
  const { run, variance, alreadyRecorded } = result;
  // Nothing to record is a result, and a slip of the pen is none.
  if (run === null) existingInfospace(root);
  const report = await reporter.report(run?.runId ?? null, await observeRun(result, root, terminal), log);
  const warnings = [...recovered, ...result.warnings];
  return {
    value: {
      run: run && usageRunDocument(run),
      variance: variance && varianceDocument(variance),
      ...report,
      already_recorded: alreadyRecorded,
      warnings,
    },
    view: () => view(result),
    warnings: [...warnings, ...(run?.priceWarnings ?? []).map(({ message }) => message)],
  };
}

function view({ run, variance, alreadyRecorded }: RecordRunResult): View {
  if (run === null || variance === null) {
    const reason = alreadyRecorded > 0 ? 'every run record was recorded before' : 'there are no run records';
    return [text(`Nothing to record: ${reason}.`)];
  }
  const known = alreadyRecorded > 0 ? ` (${alreadyRecorded} had been recorded before)` : '';
  const heading = `Recorded run ${run.runIndex} from ${counted(run.workflows.length, 'run record')}${known}.`;
  const resumed = run.resumes === null ? '' : ` It goes on with run ${run.resumes}: only what is new is counted here.`;
  return [text(`${heading}${resumed}\n${varianceLine(variance)}`), ...varianceTables(variance)];
}
