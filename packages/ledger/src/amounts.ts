import { CodedError } from '@budget/core';

/** What can be limited. `nanoUsd` are thousand-millionths of a US dollar. */
export type Unit = 'tokens' | 'nanoUsd' | 'calls';

export const units: readonly Unit[] = ['tokens', 'nanoUsd', 'calls'];

/** An amount of each unit that is named. */
export type Amounts = Readonly<Partial<Record<Unit, bigint>>>;

/** What callers may write: whole numbers from 0 on, exact as numbers or as bigints. */
export type AmountsInput = Readonly<Partial<Record<Unit, number | bigint>>>;

/** A million dollars, or 10^15 tokens: no call comes near, and sums of thousands of them fit into 64 bits. */
export const MAX_AMOUNT = 10n ** 15n;

/** @throws CodedError `amount_invalid`, naming the unit. */
export function checkedAmounts(given: AmountsInput): Amounts {
  if (typeof given !== 'object' || given === null) {
    throw invalidAmount('Amounts are an object such as { tokens: 1200, nanoUsd: 500_000n, calls: 1 }.');
  }
  const amounts: Partial<Record<Unit, bigint>> = {};
  for (const [unit, amount] of Object.entries(given)) {
    if (amount === undefined) continue;
    if (!isUnit(unit)) throw invalidAmount(`'${unit}' is no unit. The units are ${units.join(', ')}.`);
    amounts[unit] = checkedAmount(unit, amount, MAX_AMOUNT);
  }
  if (Object.keys(amounts).length === 0) {
    throw invalidAmount(`No amount is named. Name at least one of ${units.join(', ')}.`);
  }
  return amounts;
}

export function isUnit(name: unknown): name is Unit {
  return units.includes(name as Unit);
}

/** @throws CodedError `amount_invalid` */
export function checkedAmount(what: string, amount: unknown, max: bigint): bigint {
  const isWhole = typeof amount === 'bigint' || (typeof amount === 'number' && Number.isSafeInteger(amount));
  if (isWhole && amount >= 0 && amount <= max) return BigInt(amount);
  throw invalidAmount(
    `${what} is ${String(amount)}, which is no whole number from 0 to ${max}. Larger ones than 2^53 are given as bigint.`,
  );
}

function invalidAmount(message: string): CodedError {
  return new CodedError({ code: 'amount_invalid', kind: 'input', message });
}
