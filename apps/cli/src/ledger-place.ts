import { join, resolve } from 'node:path';
import { CodedError, userDirectory } from '@budget/core';
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
  const named = (environment['BUDGET_LEDGER'] ?? '').trim();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(named)?.[1];
  if (scheme !== undefined) return onServer(named, scheme);
  // As a file it would have the password in its name.
  if (/^postgres(?:ql)?:/i.test(named)) {
    throw notSupported('is no postgres:// address, which has two slashes behind the colon.');
  }
  // Each directory would have one of its own, in a directory of that name.
  if (named.startsWith('~')) {
    throw notSupported('begins with ~, which only a shell replaces, and none did. Write the whole path.');
  }
  if (named !== '') return inFile(resolve(directory, named));
  return inFile(join(userDirectory('data', environment), 'budget', 'ledger.db'));
}

function inFile(file: string): LedgerPlace {
  return { kind: 'file', file, where: file };
}

/** Messages are without the address, which may hold a password. */
function onServer(address: string, scheme: string): LedgerPlace {
  if (!/^postgres(ql)?$/i.test(scheme)) {
    throw notSupported(
      `is a ${scheme}:// address. A ledger is kept in a file, or on a server at a postgres:// address.`,
    );
  }
  return { kind: 'server', address, where: 'the server that BUDGET_LEDGER names' };
}

function notSupported(what: string): CodedError {
  return new CodedError({ code: 'ledger_not_supported', kind: 'usage', message: `BUDGET_LEDGER ${what}` });
}
