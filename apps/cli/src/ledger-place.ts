import { join, resolve } from 'node:path';
import { CodedError, namedStore, userDirectory } from '@budget/core';
import type { Terminal } from './terminal.js';

/** `where` is for people: never with what may hold a password. */
export type LedgerPlace =
  | { readonly kind: 'file'; readonly file: string; readonly where: string }
  | { readonly kind: 'server'; readonly address: string; readonly where: string };

/** What the environment names, or the file of this user. @throws CodedError `ledger_disabled`, `ledger_not_supported` */
export function ledgerPlace({ environment, directory }: Terminal): LedgerPlace {
  const disabled = environment['BUDGET_LEDGER_DISABLE'] ?? '';
  if (!['', '0', 'false'].includes(disabled.toLowerCase())) {
    throw new CodedError({
      code: 'ledger_disabled',
      kind: 'usage',
      message: `The ledger is turned off: BUDGET_LEDGER_DISABLE is ${disabled}. Unset it, or set it to 0, to use limits.`,
    });
  }
  const named = namedStore(environment['BUDGET_LEDGER'] ?? '');
  if (named.kind === 'mistake') {
    const message = `BUDGET_LEDGER ${named.fault}`;
    throw new CodedError({ code: 'ledger_not_supported', kind: 'usage', message });
  }
  const { kind, name } = named;
  // Messages are without the address, which may hold a password.
  if (kind === 'server') return { kind, address: name, where: 'the server that BUDGET_LEDGER names' };
  const file = name === '' ? join(userDirectory('data', environment), 'budget', 'ledger.db') : resolve(directory, name);
  return { kind, file, where: file };
}
