import type { EmitResult } from '@budget/hub-client';
import type { ObserveResult } from '@budget/ledger';
import { type RunEvents, runEvents } from './hub/run-events.js';
import { workplanOf } from './hub/workplan.js';
import type { Log } from './stderr-log.js';
import type { Terminal } from './terminal.js';

/** What the other two layers did with a run. Either may fail without failing the run. */
export interface RunReport {
  /** `null` when there was no run to tell of. */
  readonly hub: EmitResult | null;
  readonly ledger: ObserveResult;
}

export interface RunReporter
  extends Pick<RunEvents, 'workplan' | 'isOptedOut' | 'announce' | 'announceOthers' | 'announceOutside'> {
  /** @param runId `null` when nothing was recorded. @param ledger what became of its calls there */
  report(runId: string | null, ledger: ObserveResult, log: Log): Promise<RunReport>;
}

/** What a command that records runs tells the other layers. */
export function runReporter(
  root: string | null,
  terminal: Terminal,
  flags: { readonly workplan?: string | undefined; readonly workplanTask?: string | undefined } = {},
): RunReporter {
  const events = runEvents(root, terminal, workplanOf(flags, terminal.environment));
  return {
    ...events,
    async report(runId, ledger, log) {
      if (ledger.status === 'failed')
        log('warning', `The ledger has not learned of this run's calls: ${ledger.reason}`);
      return { hub: runId === null ? null : await events.emit(runId, log), ledger };
    },
  };
}
