/** Of one of two processes that do nothing but write. Of more of them each stands back longer, but not as many times as long. */
const TURN_MS = 80;
/** A pause that begins to count what was waited; the shortest there is. */
const SHORTEST_MS = 1;
const LONGEST_MS = 200;

/**
 * How long a process stands back that finds the lock taken, before it asks again. To take over from another process costs
 * as much as to write, as all that was read before is read anew; so those who write without end do it in turns of some
 * milliseconds. Whoever writes now and then is served at once: it stands back in proportion to how much it used the lock.
 *
 * What was, counts half with each wait. All times are in milliseconds of one steady clock.
 */
export class LockTurns {
  /** For the lock. */
  #waitedMs = 0;
  /** From when it got the lock to when it found it taken, whether it wrote or not. */
  #turnsMs = 0;
  /** Of these, while it held the lock. */
  #heldMs = 0;
  #changedAtMs: number;

  constructor(nowMs: number) {
    this.#changedAtMs = nowMs;
  }

  /** The lock was held this long. */
  held(durationMs: number): void {
    this.#heldMs += durationMs;
  }

  /** Another process has the lock. Says how long to stand back. */
  lost(nowMs: number): number {
    this.#turnsMs += nowMs - this.#changedAtMs;
    this.#changedAtMs = nowMs;
    // By the cube root, so that who waited longer than others, by chance, does not wait longer and longer.
    const pauseMs = TURN_MS * Math.cbrt(this.#waitedMs / this.#turnsMs) * (this.#heldMs / this.#turnsMs);
    return Math.min(Math.max(pauseMs || 0, SHORTEST_MS), LONGEST_MS);
  }

  /** After it was lost. */
  won(nowMs: number): void {
    this.#waitedMs = (this.#waitedMs + nowMs - this.#changedAtMs) / 2;
    this.#turnsMs /= 2;
    this.#heldMs /= 2;
    this.#changedAtMs = nowMs;
  }
}
