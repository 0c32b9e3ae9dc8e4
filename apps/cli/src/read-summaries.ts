import type { TaskSummary } from '@budget/ledger';
import { askedSpan } from './asked-span.js';
import { openExistingLedger } from './open-ledger.js';
import type { Terminal } from './terminal.js';

export interface SummaryOptions {
  /** Sums are of days in UTC: from the one in which this is. */
  readonly since?: string;
  /** Whose judgements count; default: the newest of each call. */
  readonly source?: string;
}

const MS_PER_DAY = 86_400_000;

/** What is known of the adapters of a task, or of one of them; nothing where there is no ledger. @throws CodedError `span_options` */
export async function readSummaries(
  task: string,
  { since, source }: SummaryOptions,
  terminal: Terminal,
  adapter?: string,
): Promise<readonly TaskSummary[]> {
  const { fromMs } = askedSpan({ since, timeZone: 'UTC' }, Date.now());
  const open = await openExistingLedger(terminal);
  if (open === null) return [];
  try {
    return await open.store.readTaskSummaries({
      task,
      adapter: adapter ?? null,
      sinceDay: since === undefined ? null : Math.floor(fromMs / MS_PER_DAY),
      source: source ?? null,
    });
  } finally {
    await open.ledger.close();
  }
}
