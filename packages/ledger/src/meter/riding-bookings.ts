/** A booking that nobody waits for may be this late. */
const LONGEST_RIDE_MS = 2;

/** Does it; `isPatient`: nobody waits for it. */
type Book<T> = (isPatient: boolean) => Promise<T>;

/**
 * When the bookings of calls that are over begin: where it costs no other call its time. Of one that was alone in the next
 * turn of the event loop, before its program asks for more. Where others are under way after the next reservation, in the
 * turn behind it: its request leaves first, and the bookings of several calls are written together.
 */
export interface RidingBookings {
  /** Resolves, or rejects, as `book` does. */
  add<T>(book: Book<T>): Promise<T>;
  /** Something was reserved, and its request leaves in this turn. */
  reserved(): void;
  /** Begins them now, and each that comes as it comes, while `waiting` waits for them. */
  hurried<T>(waiting: () => Promise<T>): Promise<T>;
}

/** @param isAlone whether no other call is under way */
export function ridingBookings(isAlone: () => boolean): RidingBookings {
  let waiting: (() => void)[] = [];
  let nextTurn: NodeJS.Immediate | undefined;
  let longest: NodeJS.Timeout | undefined;
  let hurries = 0;

  function begin(): void {
    clearImmediate(nextTurn);
    clearTimeout(longest);
    nextTurn = undefined;
    longest = undefined;
    const begun = waiting;
    waiting = [];
    for (const start of begun) start();
  }

  return {
    add(book) {
      return new Promise((resolve) => {
        waiting.push(() => resolve(book(hurries === 0)));
        if (hurries > 0) begin();
        else if (isAlone()) nextTurn ??= setImmediate(begin);
        else longest ??= setTimeout(begin, LONGEST_RIDE_MS);
      });
    },
    reserved() {
      if (waiting.length > 0) nextTurn ??= setImmediate(begin);
    },
    async hurried(waiting) {
      hurries += 1;
      begin();
      try {
        return await waiting();
      } finally {
        hurries -= 1;
      }
    },
  };
}
