import { timeZoneNamed } from '@budget/ledger';

/** That of this machine; UTC where its `TZ` is no name of one, such as `:/etc/localtime` or `UTC+3`. */
export function ownTimeZone(): string {
  // Whatever its type says: `undefined` for many of these.
  const name: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return timeZoneNamed(name ?? '') ?? 'UTC';
}
