import type { RecordCounts } from '@budget/ledger';
import { counted } from './amounts.js';

/** `3 scopes, 1 limit`: what a ledger holds, of each kind. */
export function recordsText(counts: RecordCounts): string {
  const { resets: _, ...ofThings } = counts;
  const parts = Object.entries(ofThings).map(([kind, count]) => counted(count, kind));
  return parts.length === 0 ? 'an empty ledger' : parts.join(', ');
}
