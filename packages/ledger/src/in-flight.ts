/**
 * What is under way, each once. Not a `Set`: one that is added to and taken from all the time leaves a chain of outgrown
 * tables, each of which refers to the next one and to what it held last. As soon as one of them is old, V8's collection of
 * young objects takes all that follow for alive, and moves what nearly every call had to the old ones.
 */
export class InFlight<T> implements Iterable<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** @param item none of those that are under way */
  add(item: T): void {
    this.#items.push(item);
  }

  remove(item: T): void {
    const at = this.#items.indexOf(item);
    if (at < 0) return;
    const last = this.#items.pop() as T;
    if (at < this.#items.length) this.#items[at] = last;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values();
  }
}
