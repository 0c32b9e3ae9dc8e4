import * as z from 'zod';
import type { Grant } from './access.js';
import { dayNamed, isTimeZone } from './days.js';
import { faultsOf, invalid, type Outcome, type Refusal } from './refusal.js';
import { figuresShown, type Summary, type SummaryQuery, summaryKeys } from './summary.js';

const name = z.string().min(1).max(256);

/** What is asked of a summary, in a query string or by the tool. */
export const askedSummaryFields = {
  by: z
    .string()
    .max(100)
    .optional()
    .describe(
      `What to group by: one or more of ${summaryKeys.join(', ')}, with commas between them. Without it only totals`,
    ),
  from: z
    .string()
    .max(64)
    .optional()
    .describe('Runs that ended then or later: a day such as 2026-11-22, or a time such as 2026-11-22T08:00:00Z'),
  to: z
    .string()
    .max(64)
    .optional()
    .describe('Runs that ended until then: a day, which is included, or a time, which is not'),
  time_zone: z.string().max(64).optional().describe('Of the days, such as Europe/Paris. Default: UTC'),
  workspace: name.optional().describe('Of this workspace only'),
  infospace: name.optional().describe('Of this infospace only; its workspace is needed too'),
};

const asked = z.strictObject(askedSummaryFields).transform((given, context): SummaryQuery => {
  const timeZone = given.time_zone ?? 'UTC';
  const by = [...new Set((given.by ?? '').split(',').map((key) => key.trim()))].filter((key) => key !== '');
  const keys = summaryKeys.filter((key) => by.includes(key));
  const isZone = isTimeZone(timeZone);
  const from = isZone ? moment(given.from, timeZone, 'startsAtMs') : null;
  const until = isZone ? moment(given.to, timeZone, 'endsAtMs') : null;
  const rules: readonly (readonly [holds: boolean, field: string, message: string])[] = [
    [keys.length === by.length, 'by', `Must be one or more of ${summaryKeys.join(', ')}, with commas between them`],
    [isZone, 'time_zone', "Must be the name of a time zone, such as 'Europe/Paris' or 'UTC'"],
    [from !== undefined, 'from', NO_TIME],
    [until !== undefined, 'to', NO_TIME],
    [given.infospace === undefined || given.workspace !== undefined, 'workspace', 'Must be given with an infospace'],
  ];
  for (const [holds, field, message] of rules) {
    if (!holds) context.addIssue({ code: 'custom', path: [field], message });
  }
  return {
    // In the order that was asked for.
    by: keys.toSorted((one, other) => by.indexOf(one) - by.indexOf(other)),
    timeZone,
    fromMs: from ?? null,
    untilMs: until ?? null,
    workspace: given.workspace ?? null,
    infospace: given.infospace ?? null,
  };
});

const NO_TIME = 'Must be a day such as 2026-11-22, or a time with its zone such as 2026-11-22T08:00:00Z';
const instant = z.iso.datetime({ offset: true });

/** A day stands for its beginning, or as an end for its end: whoever says "to the 22nd" means all of it. */
function moment(
  given: string | undefined,
  timeZone: string,
  side: 'startsAtMs' | 'endsAtMs',
): number | null | undefined {
  if (given === undefined) return null;
  const day = dayNamed(given, timeZone);
  if (day !== null) return day[side];
  return instant.safeParse(given).success ? Date.parse(given) : undefined;
}

/** What is asked for, within what the grant may read: where it names a project, nothing else is summed. */
export function askedSummary(given: Readonly<Record<string, unknown>>, grant: Grant): Outcome<SummaryQuery> {
  const parsed = asked.safeParse(given);
  if (!parsed.success) return { refusal: invalid('query_invalid', faultsOf(parsed.error)) };
  const workspace = within(grant.workspace, parsed.data.workspace);
  const infospace = within(grant.infospace, parsed.data.infospace);
  if (workspace === undefined || infospace === undefined) return { refusal: notYours };
  return { value: { ...parsed.data, workspace, infospace } };
}

function within(granted: string, given: string | null): string | null | undefined {
  if (granted === '*') return given;
  return given === null || given === granted ? granted : undefined;
}

const notYours: Refusal = { status: 403, code: 'project_forbidden', detail: 'The token is for another project' };

/** What is answered: what was asked, as it was understood, then the figures. */
export function summaryShown(query: SummaryQuery, { totals, groups }: Summary): Readonly<Record<string, unknown>> {
  return {
    by: query.by,
    time_zone: query.timeZone,
    from: isoTime(query.fromMs),
    until: isoTime(query.untilMs),
    workspace: query.workspace,
    infospace: query.infospace,
    totals: figuresShown(totals),
    groups: groups.map(({ names, ...figures }) => ({ ...names, ...figuresShown(figures) })),
  };
}

function isoTime(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
