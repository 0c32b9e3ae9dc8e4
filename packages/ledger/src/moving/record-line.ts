import { type Amounts, type Unit, units } from '../amounts.js';
import type { Window } from '../window.js';
import type { LedgerRecord } from './ledger-record.js';

/** As they stand in files. */
export const unitNames: Readonly<Record<Unit, string>> = { tokens: 'tokens', nanoUsd: 'nano_usd', calls: 'calls' };

/**
 * A record as one line of JSON. Amounts and counts are decimal text, as they may be past 2^53; times are milliseconds since
 * 1970. The same record is always the same text.
 */
export function recordLine(record: LedgerRecord): string {
  return `${JSON.stringify(fieldsOf(record))}\n`;
}

function fieldsOf(record: LedgerRecord): object {
  const { kind } = record;
  switch (record.kind) {
    case 'resets':
      return { kind, count: String(record.count) };
    case 'scope':
      return { kind, scope: record.scope, parent: record.parent };
    case 'limit': {
      const { scope, unit, window, limit, thresholds } = record;
      const levels = thresholds.map(({ percent, severity }) => ({ percent, severity }));
      return {
        kind,
        scope,
        unit: unitNames[unit],
        window: windowFields(window),
        limit: String(limit),
        thresholds: levels,
      };
    }
    case 'counter':
      return {
        kind,
        scope: record.scope,
        unit: unitNames[record.unit],
        window: windowFields(record.window),
        starts_at_ms: record.startsAtMs,
        ends_at_ms: record.endsAtMs,
        used: String(record.used),
        held: String(record.held),
        overrun: String(record.overrun),
        forgotten_used: String(record.forgottenUsed),
        forgotten_overrun: String(record.forgottenOverrun),
        reset_at: String(record.resetAt),
        crossed_percent: record.crossedPercent,
        last_used_at_ms: record.lastUsedAtMs,
      };
    case 'reservation':
      return {
        kind,
        id: record.id,
        status: record.status,
        asked_scopes: record.askedScopes,
        scopes: record.scopes,
        reserved_at_ms: record.reservedAtMs,
        expires_at_ms: record.expiresAtMs,
        sent_at_ms: record.sentAtMs,
        resolved_at_ms: record.resolvedAtMs,
        estimated_after: record.estimatedAfter === null ? null : String(record.estimatedAfter),
        amounts: amountFields(record.amounts),
        booked: record.booked && amountFields(record.booked),
        overrun: amountFields(record.overrun),
      };
    case 'thread':
      return {
        kind,
        thread_id: record.threadId,
        prompt_tokens: String(record.promptTokens),
        completion_tokens: String(record.completionTokens),
        request_count: String(record.requestCount),
        used_at_ms: record.usedAtMs,
      };
  }
}

function windowFields(window: Window): object | null {
  return window && { every: window.every, time_zone: window.timeZone };
}

function amountFields(amounts: Amounts): Record<string, string> {
  const named = units.filter((unit) => amounts[unit] !== undefined);
  return Object.fromEntries(named.map((unit) => [unitNames[unit], String(amounts[unit])]));
}
