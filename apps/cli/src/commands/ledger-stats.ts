import { CodedError } from '@budget/core';
import { type TaskStatistics, taskStatistics } from '@budget/ledger';
import { type CommandResult, text, type View } from '../command-result.js';
import { readSummaries, type SummaryOptions } from '../read-summaries.js';
import { statisticsFields, statisticsTable } from '../render/statistics.js';
import type { Terminal } from '../terminal.js';

export interface LedgerStatsOptions extends SummaryOptions {
  readonly adapter?: string;
  readonly confidence?: number;
}

/** What each adapter costs, takes and achieves at a task. @throws CodedError `stats_options` */
export async function ledgerStats(
  task: string,
  options: LedgerStatsOptions,
  terminal: Terminal,
): Promise<CommandResult> {
  const { adapter, confidence } = options;
  if (confidence !== undefined && !(confidence > 0 && confidence < 1)) throw wrongConfidence(confidence);
  const summaries = await readSummaries(task, options, terminal, adapter);
  const known = summaries.map((summary) => taskStatistics(summary, confidence === undefined ? {} : { confidence }));
  return { value: known.map(statisticsFields), view: () => viewOf(task, known) };
}

function viewOf(task: string, known: readonly TaskStatistics[]): View {
  const [first] = known;
  if (first === undefined) return [text(`Nothing is known of the task ${task}: no call of it was observed.`)];
  return [
    statisticsTable(known),
    text(`An interval holds at all times together with a probability of ${first.confidence}.`),
  ];
}

function wrongConfidence(confidence: number): CodedError {
  return new CodedError({
    code: 'stats_options',
    kind: 'usage',
    message: `--confidence is ${confidence}; it is a probability between 0 and 1, such as 0.95.`,
  });
}
