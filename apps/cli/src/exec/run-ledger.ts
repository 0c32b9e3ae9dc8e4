import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@budget/core';
import type { Ledger } from '@budget/ledger';
import { openLedger, openLedgerFile } from '../open-ledger.js';
import type { Terminal } from '../terminal.js';

export interface RunLedger {
  readonly ledger: Ledger;
  /** It limits this run alone and is gone afterwards, because the user has turned the ledger off. */
  readonly isTemporary: boolean;
  close(): Promise<void>;
}

/** The user's ledger, or one for this run alone. @throws CodedError as `openLedger` */
export async function openRunLedger(terminal: Terminal, log: (line: string) => void): Promise<RunLedger> {
  try {
    const { ledger } = await openLedger(terminal, log);
    return { ledger, isTemporary: false, close: () => ledger.close() };
  } catch (error) {
    if (!CodedError.isInstance(error) || error.code !== 'ledger_disabled') throw error;
  }
  const directory = await mkdtemp(join(tmpdir(), 'budget-exec-'));
  const { ledger } = await openLedgerFile(join(directory, 'ledger.db'), log);
  return {
    ledger,
    isTemporary: true,
    async close() {
      await ledger.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
