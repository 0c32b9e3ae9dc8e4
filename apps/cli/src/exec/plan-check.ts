import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline/promises';
import { CodedError } from '@budget/core';
import type { PlanSnapshot } from '@budget/infospace';
import { countText } from '../render/amounts.js';
import { quantity } from '../render/limit-texts.js';
import type { Terminal } from '../terminal.js';
import type { LeftForRun } from './run-limits.js';

export interface PlanCheck {
  /** For people; `null` when there is nothing to say. */
  readonly text: string | null;
  /** More than what is left would be used; `null` when not, or not known. */
  readonly exceeds: Exceeding | null;
}

interface Comparison {
  readonly unit: 'nanoUsd' | 'calls';
  /** `null`: the plan does not say. */
  readonly expected: bigint | null;
  readonly left: bigint;
}

type Exceeding = Comparison & { readonly expected: bigint };

/** What the plan expects of a run, against what is left for it. */
export function checkPlan(
  plan: PlanSnapshot | undefined,
  { nanoUsd, calls }: LeftForRun,
  detail: 'none' | 'short' | 'full',
): PlanCheck {
  if (plan === undefined || detail === 'none') return { text: null, exceeds: null };
  const { estimates } = plan;
  const expected = nanoUsdOf(estimates.estimatedCostUsd);
  const comparisons: Comparison[] = [];
  if (nanoUsd !== null) comparisons.push({ unit: 'nanoUsd', expected, left: nanoUsd });
  if (calls !== null) {
    comparisons.push({ unit: 'calls', expected: wholeUp(estimates.totalProviderCallsEstimate), left: BigInt(calls) });
  }
  const left = comparisons.map(({ unit, left }) => quantity(unit, left)).join(' and ');
  const parts = [
    counted(estimates.totalProviderCallsEstimate, 'call'),
    counted(estimates.totalPromptTokensEstimate, 'prompt token'),
    expected === null ? 'a cost that it does not name' : quantity('nanoUsd', expected),
  ].filter((part) => part !== null);
  const lines = [`Plan ${plan.snapshotId} expects ${parts.join(', ')}${left === '' ? '' : `; ${areLeft(left)}`}.`];
  if (detail === 'full') {
    for (const { provider, model, calls, promptTokens, completionTokens } of estimates.models) {
      const figures = [
        counted(calls, 'call'),
        counted(promptTokens, 'prompt token'),
        counted(completionTokens, 'completion token'),
      ].filter((part) => part !== null);
      lines.push(`  ${provider} ${model}: ${figures.join(', ')}`);
    }
  }
  return { text: lines.join('\n'), exceeds: comparisons.find(isExceeding) ?? null };
}

function isExceeding(comparison: Comparison): comparison is Exceeding {
  const { expected, left } = comparison;
  return expected !== null && expected > left;
}

/** Asks on a terminal. @throws CodedError `budget_would_be_exceeded` (kind `budget`) where nobody can answer, or says no */
export async function confirmExceeding({ exceeds }: PlanCheck, { stdin, stderr }: Terminal): Promise<void> {
  if (exceeds === null) return;
  const { unit, expected, left } = exceeds;
  const what = `The plan expects ${quantity(unit, expected)}, and ${areLeft(quantity(unit, left))}.`;
  if (stdin.isTTY === true && stderr.isTTY === true) {
    const asking = createInterface({ input: stdin, output: stderr });
    try {
      const question = `${what} The run will be stopped from spending more. Begin it? [y/N] `;
      const answer = await answerTo(question, asking);
      if (answer !== null && /^y(?:es)?$/i.test(answer.trim())) return;
      if (answer === null) stderr.write('\n');
    } finally {
      asking.close();
    }
  }
  throw new CodedError({
    code: 'budget_would_be_exceeded',
    kind: 'budget',
    message: `${what} The run was not begun. Allow more, or begin it all the same with --estimate none.`,
  });
}

/** `null` where Ctrl-C or Ctrl-D is the answer, or the terminal is gone: of that a question alone may never hear. */
async function answerTo(question: string, asking: Interface): Promise<string | null> {
  const gone = once(asking, 'close').then(() => null);
  return await Promise.race([asking.question(question).catch(() => null), gone]);
}

const areLeft = (amounts: string): string => `${amounts} ${amounts === '1 call' ? 'is' : 'are'} left`;

function counted(amount: number | bigint | null, thing: string): string | null {
  return amount === null ? null : `${countText(amount)} ${thing}${Number(amount) === 1 ? '' : 's'}`;
}

/** Up: a plan that was rounded down might seem to fit. */
function nanoUsdOf(usd: number | bigint | null): bigint | null {
  if (usd === null) return null;
  if (typeof usd === 'bigint') return usd * 1_000_000_000n;
  return Number.isFinite(usd) && usd >= 0 ? BigInt(Math.ceil(usd * 1e9 - 1e-6)) : null;
}

function wholeUp(count: number | bigint | null): bigint | null {
  if (typeof count !== 'number') return count;
  return Number.isFinite(count) ? BigInt(Math.ceil(count)) : null;
}
