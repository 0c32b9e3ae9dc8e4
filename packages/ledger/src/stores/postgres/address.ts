import { CodedError } from '@budget/core';

const DEFAULT_PORT = 5432;

export interface Address {
  readonly connectionString: string;
  /** Host, port and database: all that a message may say of it. */
  readonly where: string;
}

/** @throws CodedError `address_invalid`, which holds nothing of the address, as that may hold a password. */
export function checkedAddress(connectionString: unknown): Address {
  const isText = typeof connectionString === 'string' && /^postgres(ql)?:\/\//i.test(connectionString);
  if (!isText || !URL.canParse(connectionString)) throw addressInvalid();
  const { hostname, port, pathname, searchParams } = new URL(connectionString);
  const host = hostname || searchParams.get('host') || 'localhost';
  const database = pathname.slice(1);
  return { connectionString, where: `${host}:${port || DEFAULT_PORT}${database === '' ? '' : `/${database}`}` };
}

function addressInvalid(): CodedError {
  return new CodedError({
    code: 'address_invalid',
    kind: 'usage',
    message:
      'The address of the ledger is no postgres:// address. It is like postgres://user:password@host:5432/database, with %-signs for what is special in a password (%40 for @, %2F for /).',
  });
}
