import { MAX_COUNTED } from '../admission.js';
import { MAX_AMOUNT } from '../amounts.js';
import { checkedId } from '../checked-id.js';
import { checkedLimit, type Threshold } from '../limit.js';
import type { ReservationStatus } from '../reservation.js';
import { checkedScope } from '../scope.js';
import { threadScope } from '../thread-record.js';
import type { CounterRecord, LedgerRecord } from './ledger-record.js';
import {
  amountsIn,
  integerIn,
  type Json,
  MAX_TIME_MS,
  NEGATIVE_TOO,
  numberIn,
  orNull,
  said,
  scopeIn,
  scopesIn,
  textIn,
  timeIn,
  unitIn,
  WrongRecord,
  windowIn,
  wrong,
} from './record-fields.js';

/** The first window of a time zone begins before 1970. */
const STARTS = [-MAX_TIME_MS, MAX_TIME_MS] as const;
const PERCENTS = [0, 100] as const;
const statuses: readonly string[] = ['held', 'sent', 'settled', 'released', 'expired'] satisfies ReservationStatus[];

/** How each kind is read. A newer version writes more kinds: who does not know one must not lose it in silence. */
const readers: Readonly<Record<LedgerRecord['kind'], (fields: Json) => LedgerRecord>> = {
  resets: (fields) => ({ kind: 'resets', count: integerIn(fields, 'count') }),
  scope: (fields) => ({
    kind: 'scope',
    scope: scopeIn(fields, 'scope'),
    parent: orNull(scopeIn, fields, 'parent'),
  }),
  limit: (fields) => ({
    kind: 'limit',
    ...said(() =>
      checkedLimit({
        scope: scopeIn(fields, 'scope'),
        unit: unitIn(fields, 'unit'),
        window: windowIn(fields, 'window'),
        limit: integerIn(fields, 'limit'),
        // Left out they would be those of a new limit.
        thresholds: (fields['thresholds'] ?? null) as Threshold[],
      }),
    ),
  }),
  counter: (fields) =>
    consistent(fields, {
      kind: 'counter',
      scope: scopeIn(fields, 'scope'),
      unit: unitIn(fields, 'unit'),
      window: windowIn(fields, 'window'),
      startsAtMs: numberIn(fields, 'starts_at_ms', STARTS),
      endsAtMs: orNull(timeIn, fields, 'ends_at_ms'),
      used: integerIn(fields, 'used', NEGATIVE_TOO),
      held: integerIn(fields, 'held'),
      overrun: integerIn(fields, 'overrun', NEGATIVE_TOO),
      forgottenUsed: integerIn(fields, 'forgotten_used', NEGATIVE_TOO),
      forgottenOverrun: integerIn(fields, 'forgotten_overrun', NEGATIVE_TOO),
      resetAt: integerIn(fields, 'reset_at'),
      crossedPercent: numberIn(fields, 'crossed_percent', PERCENTS),
      lastUsedAtMs: timeIn(fields, 'last_used_at_ms'),
    }),
  reservation: (fields) => ({
    kind: 'reservation',
    id: said(() => checkedId(fields['id'])),
    status: statusIn(fields),
    askedScopes: scopesIn(fields, 'asked_scopes'),
    scopes: scopesIn(fields, 'scopes'),
    reservedAtMs: timeIn(fields, 'reserved_at_ms'),
    expiresAtMs: timeIn(fields, 'expires_at_ms'),
    sentAtMs: orNull(timeIn, fields, 'sent_at_ms'),
    resolvedAtMs: orNull(timeIn, fields, 'resolved_at_ms'),
    estimatedAfter: orNull(integerIn, fields, 'estimated_after'),
    amounts: amountsIn(fields, 'amounts', MAX_AMOUNT),
    booked: orNull(amountsIn, fields, 'booked'),
    overrun: amountsIn(fields, 'overrun'),
  }),
  thread: (fields) => ({
    kind: 'thread',
    threadId: threadIdIn(fields),
    promptTokens: integerIn(fields, 'prompt_tokens'),
    completionTokens: integerIn(fields, 'completion_tokens'),
    requestCount: integerIn(fields, 'request_count'),
    usedAtMs: timeIn(fields, 'used_at_ms'),
  }),
};

/** What is held must have room to be booked, and a window that ends ends after it starts. */
function consistent(fields: Json, counter: CounterRecord): CounterRecord {
  const { used, held, window, startsAtMs, endsAtMs } = counter;
  if (used + held > MAX_COUNTED) throw wrong(fields, 'held', 'with what is used less than 2^63');
  const isForLife = window === null && startsAtMs === 0 && endsAtMs === null;
  const isOfWindow = window !== null && endsAtMs !== null && startsAtMs < endsAtMs;
  if (!isForLife && !isOfWindow)
    throw wrong(fields, 'ends_at_ms', 'later than starts_at_ms, or, without a window, null where that is 0');
  return counter;
}

/** @throws WrongRecord */
export function readRecord(fields: Json): LedgerRecord {
  const kind = textIn(fields, 'kind');
  if (!Object.hasOwn(readers, kind)) {
    throw new WrongRecord(`it is of the kind ${kind}, which this version does not know. Update the program.`);
  }
  return readers[kind as LedgerRecord['kind']](fields);
}

/** What it is counted on is a scope. */
function threadIdIn(fields: Json): string {
  const threadId = textIn(fields, 'thread_id');
  said(() => checkedScope(threadScope(threadId)));
  return threadId;
}

function statusIn(fields: Json): ReservationStatus {
  const status = textIn(fields, 'status');
  if (statuses.includes(status)) return status as ReservationStatus;
  throw wrong(fields, 'status', `one of ${statuses.join(', ')}`);
}
