import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@budget/core';
import type { Ledger, ObservationStore } from '@budget/ledger';
import { openLedger, openLedgerFile } from '../open-ledger.js';
import type { Terminal } from '../terminal.js';

export interface RunLedger {
  readonly ledger: Ledger;
  readonly observations: ObservationStore;
  /** It limits this run alone and is gone afterwards, because the user has turned the ledger off. */
  readonly isTemporary: boolean;
  close(): Promise<void>;
}

/** The user's ledger, or one for this run alone. @throws CodedError as `openLedger` */
export async function openRunLedger(terminal: Terminal, log: (line: string) => void): Promise<RunLedger> {
  try {
    const { ledger, store } = await openLedger(terminal, log);
    return { ledger, observations: store, isTemporary: false, close: () => ledger.close() };
  } catch (error) {
    if (!CodedError.isInstance(error) || error.code !== 'ledger_disabled') throw error;
  }
  const directory = await mkdtemp(join(tmpdir(), 'budget-exec-'));
  const { ledger, store } = await openLedgerFile(join(directory, 'ledger.db'), log);
  return {
    ledger,
    observations: store,
    isTemporary: true,
    async close() {
      await ledger.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
