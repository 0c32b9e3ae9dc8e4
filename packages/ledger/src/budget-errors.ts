import { CodedError, shortDecimal } from '@budget/core';
import type { Unit } from './amounts.js';
import type { Refusal } from './reservation.js';
import type { Scope } from './scope.js';

/** A reservation that a limit has no room for. Nothing was set aside, on no scope. */
export class BudgetExceededError extends CodedError implements Refusal {
  readonly scope: Scope;
  readonly unit: Unit;
  readonly limit: bigint;
  readonly used: bigint;
  readonly held: bigint;
  readonly asked: bigint;
  readonly resetsAtMs: number | null;

  constructor({ scope, unit, limit, used, held, asked, resetsAtMs }: Refusal) {
    const [askedText, usedText, heldText, limitText] = [asked, used, held, limit].map((each) => amountText(unit, each));
    const reset = resetsAtMs === null ? '' : ` Its window resets at ${new Date(resetsAtMs).toISOString()}.`;
    super({
      code: 'budget_exceeded',
      kind: 'budget',
      message: `${scope} has no room for ${askedText}: of ${limitText} ${usedText} are used and ${heldText} held.${reset}`,
    });
    this.name = 'BudgetExceededError';
    this.scope = scope;
    this.unit = unit;
    this.limit = limit;
    this.used = used;
    this.held = held;
    this.asked = asked;
    this.resetsAtMs = resetsAtMs;
  }

  static override isInstance(value: unknown): value is BudgetExceededError {
    return CodedError.isInstance(value) && value.code === 'budget_exceeded';
  }
}

/** Not of kind `environment`: nobody is to go on without a limit because of it. */
export function counterFull(scope: Scope, unit: Unit): CodedError {
  return new CodedError({
    code: 'counter_full',
    kind: 'input',
    message: `What is used and held of ${scope} in ${unit} would pass 2^63, the most that can be counted. Nothing was changed. Use another scope.`,
  });
}

/** A thread whose tokens are used up, or would be by the estimate. */
export class BudgetExhaustedError extends CodedError {
  readonly threadId: string;
  /** Tokens. */
  readonly used: bigint;
  readonly maxTokens: bigint;

  constructor({ threadId, used, maxTokens }: { threadId: string; used: bigint; maxTokens: bigint }) {
    super({
      code: 'budget_exhausted',
      kind: 'budget',
      message: `Thread ${threadId.slice(0, 8)}... budget exhausted: ${used}/${maxTokens} tokens used`,
    });
    this.name = 'BudgetExhaustedError';
    this.threadId = threadId;
    this.used = used;
    this.maxTokens = maxTokens;
  }

  static override isInstance(value: unknown): value is BudgetExhaustedError {
    return CodedError.isInstance(value) && value.code === 'budget_exhausted';
  }
}

/** `$0.10`, `$0.00000015`, `1,200 tokens`, `1 call`: every digit that is there. */
export function amountText(unit: Unit, amount: bigint): string {
  if (unit === 'nanoUsd') return dollars(amount);
  const count = amount.toLocaleString('en-US');
  if (unit === 'calls') return `${count} ${amount === 1n ? 'call' : 'calls'}`;
  return `${count} ${amount === 1n ? 'token' : 'tokens'}`;
}

function dollars(amount: bigint): string {
  const [whole = '0', fraction = ''] = shortDecimal(amount, 9).split('.');
  return `$${BigInt(whole).toLocaleString('en-US')}.${fraction.padEnd(2, '0')}`;
}
