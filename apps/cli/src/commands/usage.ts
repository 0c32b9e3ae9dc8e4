import { CodedError } from '@budget/core';
import {
  createUsageTracker,
  type SlotDimension,
  type Span,
  type UsageDimension,
  type UsageFigures,
  type UsageTotals,
  type UsageTracker,
  usageTotals,
} from '@budget/ledger';
import { askedSpan, NEVER_MS } from '../asked-span.js';
import { type CommandResult, text, type View } from '../command-result.js';
import { ledgerPlace } from '../ledger-place.js';
import { openExistingLedger } from '../open-ledger.js';
import { ownTimeZone } from '../own-time-zone.js';
import { usageFields, usageTable } from '../render/usage.js';
import type { Terminal } from '../terminal.js';

type UsageKey = 'model' | 'agent' | 'thread' | 'phase' | 'organisation' | 'application' | 'infospace' | 'day';

export interface UsageOptions {
  readonly by?: UsageKey;
  readonly daily?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly timeZone?: string;
  readonly organisation?: string;
}

/** What was asked, once it makes sense. */
interface Asked {
  readonly by: UsageKey | null;
  readonly span: Span;
  /** Else since totals began. */
  readonly isOfSpan: boolean;
  readonly timeZone: string;
  readonly organisation: string | undefined;
}

interface NamedRow {
  readonly name: string;
  readonly figures: UsageFigures | UsageTotals;
}

const NAMES_A_PAGE = 1000;
const DEFAULT_DAYS = '29d';
/** Of threads there are too many to keep a sum for every quarter of an hour. */
type SpanKey = Exclude<UsageKey, 'day' | 'thread'>;

/**
 * What calls used: since totals began or in a span of time; altogether, or by model, agent, … or day.
 *
 * @throws CodedError `usage_options`, `span_options`
 */
export async function usage(options: UsageOptions, terminal: Terminal): Promise<CommandResult> {
  const asked = askedOf(options, Date.now());
  const open = await openExistingLedger(terminal);
  if (open === null) {
    const remarks = [noLedgerText(terminal)];
    return resultOf({ asked, rows: [], total: usageTotals(null), resetAt: null, remarks });
  }
  try {
    const tracker = createUsageTracker({ store: open.store, application: 'budget' });
    const rows = asked.by === null ? [] : await rowsBy(asked.by, asked, tracker);
    const [total] = isOfTotals(asked)
      ? [await tracker.totals()]
      : await tracker.usageOf(asked.span, 'overall', asked.organisation);
    const resetMs = isOfTotals(asked) ? await open.store.readUsageReset() : null;
    const resetAt = resetMs === null ? null : new Date(resetMs).toISOString();
    const remarks = resetAt === null ? [] : [`Since ${resetAt}, when totals were set to nothing.`];
    return resultOf({ asked, rows, total: total ?? usageTotals(null), resetAt, remarks });
  } finally {
    await open.ledger.close();
  }
}

function askedOf(options: UsageOptions, nowMs: number): Asked {
  const { since, until, timeZone = ownTimeZone(), organisation } = options;
  const { by = options.daily ? 'day' : null } = options;
  if (options.daily && by !== 'day') throw wrongUsage(`--daily is by day. Leave out --by ${by}, or --daily.`);
  const isOfSpan = since !== undefined || until !== undefined || organisation !== undefined;
  if (by === 'thread' && isOfSpan) {
    throw wrongUsage('Of threads there are sums since ever only. Leave out --since, --until and --organisation.');
  }
  const from = by === 'day' && since === undefined ? DEFAULT_DAYS : since;
  const end = by === 'day' && until === undefined ? 'today' : until;
  const span = askedSpan({ since: from, until: end, timeZone, isByDay: by === 'day' }, nowMs);
  return { by, span, isOfSpan, timeZone, organisation };
}

/** Whether the totals that can be set to nothing answer; they know percentiles of latencies, too. */
function isOfTotals({ by, isOfSpan }: Asked): boolean {
  return !isOfSpan && by !== 'application' && by !== 'infospace' && by !== 'day';
}

async function rowsBy(by: UsageKey, asked: Asked, tracker: UsageTracker): Promise<readonly NamedRow[]> {
  const { span, organisation, timeZone } = asked;
  if (by === 'day') {
    const days = await tracker.daily(span, timeZone, organisation);
    return days.map(({ date, ...figures }) => ({ name: date, figures }));
  }
  const named = isOfTotals(asked)
    ? await allTotals(tracker, by as UsageDimension)
    : await tracker.usageOf(span, by as SpanKey & (SlotDimension | 'organisation'), organisation);
  return named.map(({ name, ...figures }) => ({ name, figures }));
}

async function allTotals(tracker: UsageTracker, by: UsageDimension) {
  const all = [];
  for (let after: string | undefined; ; after = all.at(-1)?.name) {
    const page = await tracker.totalsBy(by, { limit: NAMES_A_PAGE, ...(after !== undefined && { after }) });
    all.push(...page);
    if (page.length < NAMES_A_PAGE) return all;
  }
}

interface Found {
  readonly asked: Asked;
  readonly rows: readonly NamedRow[];
  readonly total: UsageFigures | UsageTotals;
  /** Since when totals count; `null` where that is ever, or a span was asked for. */
  readonly resetAt: string | null;
  /** For people. */
  readonly remarks: readonly string[];
}

function resultOf({ asked, rows, total, resetAt, remarks }: Found): CommandResult {
  const { by, span } = asked;
  const since = span.fromMs === 0 ? null : new Date(span.fromMs).toISOString();
  const until = span.toMs === NEVER_MS ? null : new Date(span.toMs).toISOString();
  return {
    value:
      by === null
        ? { since, until, reset_at: resetAt, ...usageFields(total) }
        : rows.map(({ name, figures }) => ({ [by]: name, ...usageFields(figures) })),
    view: (): View => [
      usageTable(by, by === 'day' ? fromFirstUse(rows) : rows, total),
      ...remarks.map((remark) => text(remark)),
    ],
  };
}

/** A month of days before anything was used says nothing to a person. */
function fromFirstUse(days: readonly NamedRow[]): readonly NamedRow[] {
  const first = days.findIndex(({ figures }) => figures.requestCount > 0);
  return first === -1 ? [] : days.slice(first);
}

function noLedgerText(terminal: Terminal): string {
  return `There is no ledger yet (${ledgerPlace(terminal).where}): nothing was observed.`;
}

function wrongUsage(message: string): CodedError {
  return new CodedError({ code: 'usage_options', kind: 'usage', message });
}
