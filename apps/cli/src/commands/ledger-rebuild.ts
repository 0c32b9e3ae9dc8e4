import { CodedError } from '@budget/core';
import type { RollupDiscrepancy } from '@budget/ledger';
import { type CommandResult, text, type View } from '../command-result.js';
import { exitCodes } from '../exit-code.js';
import { ledgerPlace } from '../ledger-place.js';
import { openExistingLedger } from '../open-ledger.js';
import { counted } from '../render/amounts.js';
import type { Terminal } from '../terminal.js';

export interface LedgerRebuildOptions {
  /** Only compares. */
  readonly check?: boolean;
}

/** Compares every roll-up with the sum of its observations, and mends those that differ. @throws CodedError `ledger_missing` */
export async function ledgerRebuild(
  { check = false }: LedgerRebuildOptions,
  terminal: Terminal,
): Promise<CommandResult> {
  const open = await openExistingLedger(terminal);
  if (open === null) throw ledgerMissing(ledgerPlace(terminal).where);
  try {
    const differing = await (check ? open.store.auditRollups() : open.store.rebuildRollups());
    return {
      value: { is_mended: !check, differing },
      view: () => viewOf(differing, check),
      exitCode: check && differing.length > 0 ? exitCodes.input : 0,
    };
  } finally {
    await open.ledger.close();
  }
}

function viewOf(differing: readonly RollupDiscrepancy[], isCheck: boolean): View {
  if (differing.length === 0) return [text('Every roll-up is the sum of its observations.')];
  return [
    {
      kind: 'table',
      columns: [{ name: 'roll-up' }, { name: 'is, but should be' }],
      rows: differing.map(({ rollup, differences }) => [rollup, differences.join('\n')]),
    },
    text(
      isCheck
        ? `${counted(differing.length, 'roll-up')} not the sum of its observations. \`budget ledger rebuild\` mends that.`
        : `${counted(differing.length, 'roll-up')} mended.`,
    ),
  ];
}

function ledgerMissing(where: string): CodedError {
  return new CodedError({
    code: 'ledger_missing',
    kind: 'input',
    message: `There is no ledger to rebuild (${where}). The first observation makes it; BUDGET_LEDGER names another one.`,
  });
}
