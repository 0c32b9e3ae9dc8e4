import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { isFields, parsedJson } from '@budget/core';
import type { Destination } from './destination.js';
import { countDrop, type DropReason } from './drop-count.js';
import {
  changedMs,
  createWhole,
  makeDirectory,
  namesIn,
  removeIfThere,
  renameIfThere,
  textOf,
} from './outbox-files.js';
import {
  bornMs,
  claimedName,
  deadName,
  type EventFile,
  isEventId,
  type OutboxName,
  readDeadName,
  readOutboxName,
  waitingName,
} from './outbox-names.js';
import type { TokenEvent } from './token-event.js';

/** What waits longer, or behind more than that, is dropped, and counted. */
export const MAX_WAITING = 1000;
export const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000;

/** Whoever has an event in hand is done with it by then, or has died. Longer than any one attempt. */
export const CLAIM_MS = 15_000;
const TEMPORARY_MS = 60 * 60 * 1000;

/** In the outbox, where those are that a hub refused for good. */
const DEAD = 'dead';

/** An event that this process alone may send. */
export interface ClaimedEvent {
  readonly id: string;
  /** `null`: the file holds none, or cannot be read. */
  readonly event: TokenEvent | null;
  /** The hub has it. */
  sent(): void;
  /** It is where it was, for whoever tries next. */
  release(): void;
  /** No hub will ever take it as it is: `code` says why. */
  bury(code: string): void;
}

export interface WaitingEvent extends EventFile {
  /** Its file's name in the outbox at the time of looking. */
  readonly name: string;
}

export interface DeadLetter extends WaitingEvent {
  /** Why the hub refused it. */
  readonly code: string;
}

export interface Outbox {
  readonly directory: string;
  /** @returns false where the event was there already, for this hub or another. @throws what the system says */
  put(event: TokenEvent, destination: Destination): boolean;
  /** For whichever hub, oldest first; also those whose sender died. */
  waiting(): WaitingEvent[];
  /** How many are being sent at the moment. */
  countInHand(): number;
  /** `null` where somebody else has it, or it is gone. */
  claim(waiting: WaitingEvent): ClaimedEvent | null;
  /** Oldest first. To claim one is to try it again. */
  dead(): DeadLetter[];
  /** The name of the hub that an event waits for; `null` where it cannot be read. */
  destinationNameOf(waiting: WaitingEvent): string | null;
  /** Drops what is too old or too much, and what killed processes left half-written. @returns how many events */
  trim(): number;
}

/** Events as files of a directory that any number of processes share. A rename decides who has which one. */
export function openOutbox(directory: string, nowMs: () => number): Outbox {
  const deadDirectory = join(directory, DEAD);
  const inOutbox = (name: string): string => join(directory, name);

  function entries(): OutboxName[] {
    return namesIn(directory).flatMap((name) => readOutboxName(name) ?? []);
  }

  function waitingOf(found: readonly OutboxName[]): WaitingEvent[] {
    return found.filter(isFree).sort(byId);
  }

  /** A clock that was set back must not leave a claim standing for ever. */
  function isFree(entry: OutboxName): entry is Exclude<OutboxName, { kind: 'temporary' }> {
    if (entry.kind !== 'claimed') return entry.kind === 'waiting';
    const leftMs = entry.untilMs - nowMs();
    return leftMs <= 0 || leftMs > CLAIM_MS;
  }

  /** @returns the new path. Only one of any number of processes gets it. */
  function take(event: WaitingEvent): string | null {
    const path = inOutbox(claimedName(event, nowMs() + CLAIM_MS, randomUUID()));
    return renameIfThere(inOutbox(event.name), path) ? path : null;
  }

  function drop(event: WaitingEvent, reason: DropReason): boolean {
    const path = take(event);
    if (path === null) return false;
    // First: a process that dies in between must not take one away that is not counted.
    countDrop(directory, reason);
    return removeIfThere(path);
  }

  function trim(): number {
    const found = entries();
    for (const entry of found) if (entry.kind === 'temporary') isDone(() => removeLeftover(inOutbox(entry.name)));
    const events = waitingOf(found);
    const tooOld = events.filter(({ id, name }) => isTooOld(bornMs(id) ?? changedMs(inOutbox(name))));
    const rest = events.filter((event) => !tooOld.includes(event));
    const tooMany = rest.slice(0, Math.max(0, rest.length - MAX_WAITING));
    return (
      tooOld.filter((event) => isDone(() => drop(event, 'too_old'))).length +
      tooMany.filter((event) => isDone(() => drop(event, 'too_many'))).length +
      trimDead()
    );
  }

  function trimDead(): number {
    const letters = deadLetters();
    const tooOld = letters.filter(({ id, name }) => isTooOld(bornMs(id) ?? changedMs(inOutbox(name))));
    const rest = letters.filter((letter) => !tooOld.includes(letter));
    const gone = (reason: DropReason) => (letter: DeadLetter) =>
      isDone(() => {
        if (!removeIfThere(inOutbox(letter.name))) return false;
        countDrop(directory, reason);
        return true;
      });
    const tooMany = rest.slice(0, Math.max(0, rest.length - MAX_WAITING));
    return tooOld.filter(gone('too_old')).length + tooMany.filter(gone('too_many')).length;
  }

  const isTooOld = (sinceMs: number | null): boolean => sinceMs !== null && nowMs() - sinceMs > MAX_AGE_MS;

  function removeLeftover(path: string): boolean {
    const leftMs = changedMs(path);
    return leftMs !== null && nowMs() - leftMs > TEMPORARY_MS && removeIfThere(path);
  }

  function deadLetters(): DeadLetter[] {
    const letters = namesIn(deadDirectory).flatMap((name) => {
      const letter = readDeadName(name);
      return letter === null ? [] : [{ ...letter, name: join(DEAD, name) }];
    });
    return letters.sort(byId);
  }

  return {
    directory,
    put(event, { mark, name }) {
      const { id } = event;
      if (!isEventId(id)) throw new RangeError('the id of an event is a UUID');
      makeDirectory(directory);
      // Also where somebody has it in hand just now.
      if (entries().some((entry) => entry.kind !== 'temporary' && entry.id === id)) return false;
      const content = `${JSON.stringify(event)}\n${JSON.stringify({ for: name })}\n`;
      return createWhole(directory, waitingName({ id, mark }), content);
    },
    waiting: () => waitingOf(entries()),
    countInHand: () => entries().filter((entry) => entry.kind === 'claimed' && !isFree(entry)).length,
    claim(wanted) {
      const path = take(wanted);
      if (path === null) return null;
      const { id, name } = wanted;
      // Of one whose sender died only the claim is known.
      const before = dirname(name) === DEAD ? name : waitingName(wanted);
      return {
        id,
        event: eventIn(textOf(path), id),
        sent: () => void removeIfThere(path),
        release: () => void renameIfThere(path, inOutbox(before)),
        bury(code) {
          makeDirectory(deadDirectory);
          renameIfThere(path, join(deadDirectory, deadName(wanted, code)));
        },
      };
    },
    dead: deadLetters,
    destinationNameOf: ({ name }) => destinationNameIn(textOf(inOutbox(name))),
    trim,
  };
}

/** One file that cannot be moved or removed, as it is somebody else's or a directory, does not keep the others. */
function isDone(work: () => boolean): boolean {
  try {
    return work();
  } catch {
    return false;
  }
}

const byId = (one: { id: string }, other: { id: string }): number =>
  one.id < other.id ? -1 : one.id > other.id ? 1 : 0;

function eventIn(text: string, id: string): TokenEvent | null {
  // The second line says for which hub it is.
  const event = parsedJson(text.split('\n', 1)[0] ?? '');
  const isEvent = isFields(event) && event['id'] === id && event['specversion'] === '1.0' && isFields(event['data']);
  return isEvent ? (event as unknown as TokenEvent) : null;
}

/** `null` where the text does not say it. */
function destinationNameIn(text: string): string | null {
  const read = parsedJson(text.split('\n')[1] ?? '');
  return isFields(read) && typeof read['for'] === 'string' ? read['for'] : null;
}
