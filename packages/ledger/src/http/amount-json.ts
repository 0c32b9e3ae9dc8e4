import { z } from '@hono/zod-openapi';
import { type Amounts, MAX_AMOUNT, type Unit, units } from '../amounts.js';

/** A whole number as JSON has it: as text past 2^53, where numbers lose digits. */
export type AmountJson = number | string;

const WHAT = 'Must be a whole number from 0 on; past 2^53 as text, such as "9007199254740993".';

export const unitSchema = z.enum(['tokens', 'nanoUsd', 'calls']);

export const amountJson = z
  .union([z.int().min(0), z.string().regex(/^(?:0|[1-9]\d{0,18})$/, { abort: true })], { error: WHAT })
  .openapi('Amount', { description: 'A whole number; past 2^53 as text.', example: 120_000_000 });

/** Only in answers. */
export const signedAmountJson = z
  .union([z.int(), z.string().regex(/^-?(?:0|[1-9]\d*)$/)])
  .openapi('SignedAmount', { description: 'A whole number, which may be negative; past 2^53 as text.' });

/** What may be asked for at most. */
export function amountUpTo(max: bigint) {
  return amountJson.refine((amount) => BigInt(amount) <= max, { error: `Must be ${max} at most.` });
}

const amountOfCall = amountUpTo(MAX_AMOUNT).optional();

export const amountsSchema = z
  .strictObject({ tokens: amountOfCall, nanoUsd: amountOfCall, calls: amountOfCall })
  .refine((amounts) => Object.values(amounts).some((amount) => amount !== undefined), {
    error: `Must name at least one of ${units.join(', ')}.`,
  })
  .openapi('Amounts', { example: { nanoUsd: 120_000_000, tokens: 9000, calls: 1 } });

export function amountToJson(amount: bigint): AmountJson {
  const asNumber = Number(amount);
  return Number.isSafeInteger(asNumber) ? asNumber : String(amount);
}

export function amountsToJson(amounts: Amounts): Partial<Record<Unit, AmountJson>> {
  return byUnit((unit) => (amounts[unit] === undefined ? undefined : amountToJson(amounts[unit])));
}

export function amountsFromJson(amounts: Partial<Record<Unit, AmountJson | undefined>>): Amounts {
  return byUnit((unit) => (amounts[unit] === undefined ? undefined : BigInt(amounts[unit])));
}

function byUnit<Value>(amountOf: (unit: Unit) => Value | undefined): Partial<Record<Unit, Value>> {
  const values: Partial<Record<Unit, Value>> = {};
  for (const unit of units) {
    const value = amountOf(unit);
    if (value !== undefined) values[unit] = value;
  }
  return values;
}
