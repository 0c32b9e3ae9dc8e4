import { CodedError } from '@budget/core';
import { type CommandResult, text } from '../command-result.js';
import { ledgerPlace } from '../ledger-place.js';
import { openExistingLedger } from '../open-ledger.js';
import type { Terminal } from '../terminal.js';

export interface LedgerJudgeOptions {
  /** 0 to 1. */
  readonly quality: number;
  readonly source: string;
}

/** Says how good an observed call was. @throws CodedError `observation_unknown`, `already_judged` */
export async function ledgerJudge(
  id: string,
  { quality, source }: LedgerJudgeOptions,
  terminal: Terminal,
): Promise<CommandResult> {
  const open = await openExistingLedger(terminal);
  if (open === null) throw unknown(id, `there is no ledger yet (${ledgerPlace(terminal).where})`);
  try {
    const { createObservations } = await import('@budget/ledger');
    const outcome = await createObservations(open).judge({ observationId: id, quality, source });
    if (outcome === 'unknown') throw unknown(id, 'no observation of this id is kept');
    if (outcome === 'differs') throw alreadyJudged(id, source);
    return {
      value: { id, quality, source, outcome },
      view: () => [
        text(
          outcome === 'judged'
            ? `${source} says ${quality} of ${id}.`
            : `${source} had said ${quality} of ${id} before.`,
        ),
      ],
    };
  } finally {
    await open.ledger.close();
  }
}

function unknown(id: string, why: string): CodedError {
  return new CodedError({
    code: 'observation_unknown',
    kind: 'input',
    message: `${id} cannot be judged: ${why}. \`budget ledger export --observations\` shows those that are.`,
  });
}

function alreadyJudged(id: string, source: string): CodedError {
  return new CodedError({
    code: 'already_judged',
    kind: 'input',
    message: `${source} has said something else of ${id} before, and that stays: each source says it once. Name another source.`,
  });
}
