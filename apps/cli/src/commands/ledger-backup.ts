import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import { type CommandResult, text } from '../command-result.js';
import { ledgerFile, openExistingLedger } from '../open-ledger.js';
import { countText } from '../render/amounts.js';
import type { Terminal } from '../terminal.js';

/** Copies the ledger to a new file, while other processes use it. */
export async function ledgerBackup(to: string, terminal: Terminal): Promise<CommandResult> {
  const open = await openExistingLedger(terminal);
  if (open === null) throw ledgerMissing(ledgerFile(terminal));
  const { ledger, store } = open;
  const target = resolve(terminal.directory, to);
  try {
    await store.backup(target);
  } finally {
    await ledger.close();
  }
  const { size } = statSync(target);
  return {
    value: { ledger: store.file, backup: target, bytes: size },
    view: () => [text(`Copied ${store.file} to ${target} (${countText(size)} bytes).`)],
  };
}

function ledgerMissing(file: string): CodedError {
  return new CodedError({
    code: 'ledger_missing',
    kind: 'input',
    file,
    message: `There is no ledger to back up: ${file} does not exist. The first limit or reservation makes it; BUDGET_LEDGER names another file.`,
  });
}
