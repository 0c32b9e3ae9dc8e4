import { CodedError } from '@budget/core';
import { type Amounts, type Unit, units } from '../amounts.js';
import { checkedScope, type Scope } from '../scope.js';
import { shown } from '../shown.js';
import { checkedWindow, type Window } from '../window.js';
import { unitNames } from './record-line.js';

/** What any store keeps in a column of 64 bits. */
const MAX_INTEGER = 2n ** 63n;

type Bounds = readonly [min: number, max: number];
const ANY_COUNT: Bounds = [0, Number.MAX_SAFE_INTEGER];
/** The last moment that JavaScript has a date of. */
export const MAX_TIME_MS = 8.64e15;

/** What is wrong with a line; who knows the number of the line tells it. */
export class WrongRecord extends Error {}

export type Json = Readonly<Record<string, unknown>>;

export function jsonObject(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new WrongRecord('it is no JSON.');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new WrongRecord('it is no JSON object.');
}

export function textIn(fields: Json, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && !/\p{Surrogate}/u.test(value)) return value;
  throw wrong(fields, name, 'a text');
}

/** Exact, as decimal text. */
export function integerIn(fields: Json, name: string, min = 0n): bigint {
  const value = fields[name];
  const integer = typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : null;
  if (integer !== null && integer >= min && integer < MAX_INTEGER) return integer;
  throw wrong(fields, name, `a whole number from ${min} on as text`);
}

export const NEGATIVE_TOO = -MAX_INTEGER;

/** A count that a number holds exactly. */
export function numberIn(fields: Json, name: string, [min, max] = ANY_COUNT): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw wrong(fields, name, `a whole number from ${min} to ${max}`);
}

/** Milliseconds since 1970, as far as a date can tell them. */
export function timeIn(fields: Json, name: string): number {
  return numberIn(fields, name, [0, MAX_TIME_MS]);
}

export function orNull<T>(read: (fields: Json, name: string) => T, fields: Json, name: string): T | null {
  return fields[name] === null ? null : read(fields, name);
}

export function scopeIn(fields: Json, name: string): Scope {
  return said(() => checkedScope(fields[name]));
}

export function scopesIn(fields: Json, name: string): Scope[] {
  const value = fields[name];
  if (!Array.isArray(value) || value.length === 0) throw wrong(fields, name, 'a list of scopes');
  return value.map((scope) => said(() => checkedScope(scope)));
}

export function unitIn(fields: Json, name: string): Unit {
  const unit = units.find((each) => unitNames[each] === fields[name]);
  if (unit !== undefined) return unit;
  throw wrong(fields, name, `one of ${Object.values(unitNames).join(', ')}`);
}

export function windowIn(fields: Json, name: string): Window {
  const value = fields[name];
  if (value === null) return null;
  const { every, time_zone: timeZone } = (value ?? {}) as Json;
  return said(() => checkedWindow({ every, timeZone }));
}

export function amountsIn(fields: Json, name: string, max = MAX_INTEGER - 1n): Amounts {
  const value = fields[name];
  if (typeof value !== 'object' || value === null) throw wrong(fields, name, 'amounts by their units');
  const given = value as Json;
  const amounts: Partial<Record<Unit, bigint>> = {};
  for (const unit of units) {
    if (given[unitNames[unit]] === undefined) continue;
    const amount = integerIn(given, unitNames[unit]);
    if (amount > max) throw wrong(given, unitNames[unit], `at most ${max}`);
    amounts[unit] = amount;
  }
  return amounts;
}

/** What the check of a value says, about a line. */
export function said<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw CodedError.isInstance(error) ? new WrongRecord(error.message) : error;
  }
}

export function wrong(fields: Json, name: string, what: string): WrongRecord {
  return new WrongRecord(`${name} is ${shown(fields[name])}; it is ${what}.`);
}
