/** The id of an event, which is a file's name in the outbox: a UUID, in practice. */
export function isEventId(id: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/.test(id);
}

/** Of an event, and of the hub that it waits for. */
export interface EventFile {
  readonly id: string;
  /** The mark of its `Destination`. `null`: an earlier version wrote it, for whichever hub is configured. */
  readonly mark: string | null;
}

/** What a name in the outbox means. */
export type OutboxName =
  | (EventFile & { readonly kind: 'waiting'; readonly name: string })
  /** Somebody is sending it, until then at the latest. */
  | (EventFile & { readonly kind: 'claimed'; readonly name: string; readonly untilMs: number })
  | { readonly kind: 'temporary'; readonly name: string };

const stem = ({ id, mark }: EventFile): string => (mark === null ? id : `${id}.${mark}`);

export const waitingName = (file: EventFile): string => `${stem(file)}.json`;
export const claimedName = (file: EventFile, untilMs: number, nonce: string): string =>
  `${stem(file)}.claimed-${untilMs}-${nonce}`;
export const temporaryName = (id: string, nonce: string): string => `.${id}.tmp-${nonce}`;
export const deadName = (file: EventFile, code: string): string => `${stem(file)}.${code}.json`;
export const retryStateName = (mark: string): string => `retry-state.${mark}`;

/** `null` for files that are not ours. */
export function readOutboxName(name: string): OutboxName | null {
  const event = /^([0-9A-Za-z][\w-]{0,63})(?:\.([0-9a-f]{12}))?\.(?:json|claimed-(\d{1,15})-[\w-]+)$/.exec(name);
  if (event === null) return /^\.[\w-]+\.tmp-[\w-]+$/.test(name) ? { kind: 'temporary', name } : null;
  const [, id = '', mark = null, until] = event;
  return until === undefined
    ? { kind: 'waiting', id, mark, name }
    : { kind: 'claimed', id, mark, name, untilMs: Number(until) };
}

/** `null` for files that are not ours. */
export function readDeadName(name: string): (EventFile & { readonly code: string }) | null {
  const [, id, mark = null, code] =
    /^([0-9A-Za-z][\w-]{0,63})(?:\.([0-9a-f]{12}))?\.([a-z][a-z0-9_]{0,31})\.json$/.exec(name) ?? [];
  return id === undefined || code === undefined ? null : { id, mark, code };
}

/** When an event was made, as a UUID of version 7 tells by itself; `null` for another id. */
export function bornMs(id: string): number | null {
  const isVersion7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id);
  return isVersion7 ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : null;
}
