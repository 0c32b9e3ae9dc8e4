import { CodedError, usdNumber } from '@budget/core';
import { dayNames } from './days.js';

export const summaryKeys = ['day', 'workspace', 'infospace', 'model', 'workplan'] as const;
export type SummaryKey = (typeof summaryKeys)[number];

/** More rows than that nobody reads; they would fill the memory. */
export const MAX_GROUPS = 10_000;

export interface SummaryQuery {
  /** In the order in which the groups are sorted. */
  readonly by: readonly SummaryKey[];
  /** Of the days. */
  readonly timeZone: string;
  /** The run ended then or later; `null`: from the first on. */
  readonly fromMs: number | null;
  /** The run ended before. */
  readonly untilMs: number | null;
  /** `null`: of all. */
  readonly workspace: string | null;
  readonly infospace: string | null;
}

/** One run, or, by model, what one model did in it. */
export interface SummaryRow {
  /** Rows with the same are of one run, and stand together. */
  readonly run: bigint;
  readonly endedAtMs: number;
  readonly workspace: string;
  readonly infospace: string;
  readonly workplan: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly calls: bigint;
  readonly tokensIn: bigint;
  readonly tokensOut: bigint;
  /** `null` when nothing of it is priced. */
  readonly costNanoUsd: bigint | null;
  readonly unpricedCalls: bigint;
  /** It lacks the cost of some call, though it may not be known of which. */
  readonly isCostLowerBound: boolean;
}

export interface Figures {
  runs: number;
  calls: bigint;
  tokensIn: bigint;
  tokensOut: bigint;
  /** `null` when there are calls and nothing of them is priced. */
  costNanoUsd: bigint | null;
  unpricedCalls: bigint;
  isCostLowerBound: boolean;
}

export interface Summary {
  readonly totals: Readonly<Figures>;
  /** Sorted by their names. None when nothing is grouped by. */
  readonly groups: readonly (Readonly<Figures> & { readonly names: GroupNames })[];
}

export type GroupNames = Readonly<Record<string, string | null>>;

/** Adds rows up, exactly. They come in order of time. */
export class SummaryFold {
  readonly #by: readonly SummaryKey[];
  readonly #dayOf: (atMs: number) => string;
  readonly #totals = new Sum();
  readonly #groups = new Map<string, { readonly names: GroupNames; readonly sum: Sum }>();

  constructor({ by, timeZone }: Pick<SummaryQuery, 'by' | 'timeZone'>) {
    this.#by = by;
    this.#dayOf = dayNames(timeZone);
  }

  get groupCount(): number {
    return this.#groups.size;
  }

  add(row: SummaryRow): void {
    this.#totals.add(row);
    if (this.#by.length === 0) return;
    const names: GroupNames = Object.assign({}, ...this.#by.map((key) => this.#names(key, row)));
    const key = JSON.stringify(Object.values(names));
    const group = this.#groups.get(key) ?? { names, sum: new Sum() };
    this.#groups.set(key, group);
    group.sum.add(row);
  }

  result(): Summary {
    const groups = [...this.#groups.values()].sort((one, other) => compareNames(one.names, other.names));
    return { totals: this.#totals.figures, groups: groups.map(({ names, sum }) => ({ names, ...sum.figures })) };
  }

  /** An infospace is one of its workspace, and a model one of its provider: others may bear the same name. */
  #names(key: SummaryKey, { endedAtMs, workspace, infospace, workplan, provider, model }: SummaryRow): GroupNames {
    if (key === 'day') return { day: this.#dayOf(endedAtMs) };
    if (key === 'workspace') return { workspace };
    if (key === 'infospace') return { workspace, infospace };
    if (key === 'model') return { provider, model };
    return { workplan };
  }
}

class Sum {
  #lastRun: bigint | null = null;
  readonly figures: Figures = {
    runs: 0,
    calls: 0n,
    tokensIn: 0n,
    tokensOut: 0n,
    costNanoUsd: 0n,
    unpricedCalls: 0n,
    isCostLowerBound: false,
  };
  #costNanoUsd = 0n;
  #hasPricedCalls = false;

  add(row: SummaryRow): void {
    const { figures } = this;
    if (row.run !== this.#lastRun) figures.runs += 1;
    this.#lastRun = row.run;
    figures.calls += row.calls;
    figures.tokensIn += row.tokensIn;
    figures.tokensOut += row.tokensOut;
    figures.unpricedCalls += row.unpricedCalls;
    figures.isCostLowerBound ||= row.isCostLowerBound;
    this.#costNanoUsd += row.costNanoUsd ?? 0n;
    // A run without any call costs nothing, which is known, and says nothing of the calls of others.
    this.#hasPricedCalls ||= row.costNanoUsd !== null && row.calls > 0n;
    const isUnpriced = figures.calls > 0n && !this.#hasPricedCalls && this.#costNanoUsd === 0n;
    figures.costNanoUsd = isUnpriced ? null : this.#costNanoUsd;
  }
}

/** Names that are missing come last. */
function compareNames(one: GroupNames, other: GroupNames): number {
  for (const [key, name] of Object.entries(one)) {
    const otherName = other[key] ?? null;
    if (name === otherName) continue;
    if (name === null) return 1;
    if (otherName === null) return -1;
    return name < otherName ? -1 : 1;
  }
  return 0;
}

/** What is answered: integers past 2^53 as decimal text, dollars derived for people. */
export function figuresShown({ costNanoUsd, ...figures }: Figures): Readonly<Record<string, unknown>> {
  return {
    runs: figures.runs,
    calls: exactly(figures.calls),
    tokens_in: exactly(figures.tokensIn),
    tokens_out: exactly(figures.tokensOut),
    total_tokens: exactly(figures.tokensIn + figures.tokensOut),
    cost_usd: costNanoUsd === null ? null : usdNumber(costNanoUsd),
    cost_nano_usd: costNanoUsd === null ? null : exactly(costNanoUsd),
    unpriced_calls: exactly(figures.unpricedCalls),
    is_cost_lower_bound: figures.isCostLowerBound,
  };
}

function exactly(amount: bigint): number | string {
  return amount <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(amount) : String(amount);
}

/** Of more groups than `MAX_GROUPS`. */
export function summaryTooLarge(): CodedError {
  return new CodedError({
    code: 'summary_too_large',
    kind: 'usage',
    message: `There are more than ${MAX_GROUPS} groups. Ask for a shorter time, one workspace, or fewer things to group by`,
  });
}
