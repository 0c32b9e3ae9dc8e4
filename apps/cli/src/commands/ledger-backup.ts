import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import type { SqliteStore } from '@budget/ledger/sqlite';
import { type CommandResult, text } from '../command-result.js';
import { ledgerPlace } from '../ledger-place.js';
import { openExistingLedger } from '../open-ledger.js';
import { countText } from '../render/amounts.js';
import type { Terminal } from '../terminal.js';

/** Copies the ledger to a new file, while other processes use it. @throws CodedError `backup_not_supported`, `ledger_missing` */
export async function ledgerBackup(to: string, terminal: Terminal): Promise<CommandResult> {
  const place = ledgerPlace(terminal);
  if (place.kind === 'server') throw notOfServers();
  const open = await openExistingLedger(terminal);
  if (open === null) throw ledgerMissing(place.file);
  const target = resolve(terminal.directory, to);
  try {
    await (open.store as SqliteStore).backup(target);
  } finally {
    await open.ledger.close();
  }
  const { size } = statSync(target);
  return {
    value: { ledger: place.file, backup: target, bytes: size },
    view: () => [text(`Copied ${place.file} to ${target} (${countText(size)} bytes).`)],
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

function notOfServers(): CodedError {
  return new CodedError({
    code: 'backup_not_supported',
    kind: 'usage',
    message:
      'BUDGET_LEDGER is on a server, and this command copies a ledger in a file. PostgreSQL has its own: `pg_dump --schema=budget_ledger`. `budget ledger export` writes what any ledger can import.',
  });
}
