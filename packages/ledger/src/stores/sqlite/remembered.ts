/** So many are remembered of each table: some megabytes of sums. */
const MAX_REMEMBERED = 4000;

/**
 * What is known of rows without reading them, by a text of their keys; all of it is forgotten where it would be too much. Not
 * cleared then, but made anew: a map that was cleared refers to what it held, and is referred to (`InFlight` says more).
 */
export class Remembered<T> {
  #byKey = new Map<string, T>();

  get(key: string): T | undefined {
    return this.#byKey.get(key);
  }

  set(key: string, value: T): void {
    if (this.#byKey.size >= MAX_REMEMBERED) this.forget();
    this.#byKey.set(key, value);
  }

  remove(key: string): void {
    this.#byKey.delete(key);
  }

  forget(): void {
    this.#byKey = new Map();
  }
}
