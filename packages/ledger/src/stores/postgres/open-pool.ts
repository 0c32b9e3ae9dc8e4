import type { Pool } from 'pg';
import { driverMissing, ledgerError } from './postgres-errors.js';

const BIGINT = 20;

export interface PoolOptions {
  readonly connectionString: string;
  readonly max: number;
  readonly timeoutMs: number;
  readonly where: string;
}

/** @throws CodedError `driver_missing` */
export async function openPool({ connectionString, max, timeoutMs, where }: PoolOptions): Promise<Pool> {
  const { default: driver } = await import('pg').catch((error: unknown) => {
    throw driverMissing(error);
  });
  const getTypeParser: typeof driver.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
    oid === BIGINT ? BigInt : driver.types.getTypeParser(oid, format);
  try {
    return new driver.Pool({
      ...{ connectionString, max, connectionTimeoutMillis: timeoutMs },
      // Statements are sent one behind the other, without waiting for each answer.
      pipeline: true,
      types: { getTypeParser },
      application_name: 'budget-ledger',
      // An unused pool lets the program end.
      allowExitOnIdle: true,
      keepAlive: true,
    });
  } catch (error) {
    throw ledgerError(error, where);
  }
}
