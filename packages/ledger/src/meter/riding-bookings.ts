/** A booking that nobody waits for may be this late. */
const LONGEST_RIDE_MS = 5;

/** Bookings that wait a moment for a reservation to come along, so that both wait for the disk once. */
export interface RidingBookings {
  /** Done with the next reservation, or in a few milliseconds. Resolves, or rejects, as `book` does. */
  add<T>(book: () => Promise<T>): Promise<T>;
  /** Begins them now. What is reserved in the same breath is written with them, and finds what they set free. */
  begin(): void;
  /** Begins them now, and each that comes as it comes, while `waiting` waits for them. */
  hurried<T>(waiting: () => Promise<T>): Promise<T>;
}

export function ridingBookings(): RidingBookings {
  let waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let hurries = 0;

  function begin(): void {
    clearTimeout(timer);
    timer = undefined;
    const begun = waiting;
    waiting = [];
    for (const start of begun) start();
  }

  return {
    add(book) {
      return new Promise((resolve) => {
        waiting.push(() => resolve(book()));
        if (hurries > 0) begin();
        else timer ??= setTimeout(begin, LONGEST_RIDE_MS);
      });
    },
    begin,
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
