/** The id of an event, which is a file's name in the outbox: a UUID, in practice. */
export function isEventId(id: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/.test(id);
}

/** What a name in the outbox means. */
export type OutboxName =
  | { readonly kind: 'waiting'; readonly id: string; readonly name: string }
  /** Somebody is sending it, until then at the latest. */
  | { readonly kind: 'claimed'; readonly id: string; readonly name: string; readonly untilMs: number }
  | { readonly kind: 'temporary'; readonly name: string };

export const waitingName = (id: string): string => `${id}.json`;
export const claimedName = (id: string, untilMs: number, nonce: string): string => `${id}.claimed-${untilMs}-${nonce}`;
export const temporaryName = (id: string, nonce: string): string => `.${id}.tmp-${nonce}`;
export const deadName = (id: string, code: string): string => `${id}.${code}.json`;

/** `null` for files that are not ours. */
export function readOutboxName(name: string): OutboxName | null {
  const waiting = /^([0-9A-Za-z][\w-]{0,63})\.json$/.exec(name);
  if (waiting !== null) return { kind: 'waiting', id: waiting[1] as string, name };
  const claimed = /^([0-9A-Za-z][\w-]{0,63})\.claimed-(\d{1,15})-[\w-]+$/.exec(name);
  if (claimed !== null) return { kind: 'claimed', id: claimed[1] as string, name, untilMs: Number(claimed[2]) };
  return /^\.[\w-]+\.tmp-[\w-]+$/.test(name) ? { kind: 'temporary', name } : null;
}

/** `null` for files that are not ours. */
export function readDeadName(name: string): { readonly id: string; readonly code: string } | null {
  const [, id, code] = /^([0-9A-Za-z][\w-]{0,63})\.([a-z][a-z0-9_]{0,31})\.json$/.exec(name) ?? [];
  return id === undefined || code === undefined ? null : { id, code };
}

/** When an event was made, as a UUID of version 7 tells by itself; `null` for another id. */
export function bornMs(id: string): number | null {
  const isVersion7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id);
  return isVersion7 ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : null;
}
