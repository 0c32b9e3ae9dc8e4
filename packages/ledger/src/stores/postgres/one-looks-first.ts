/**
 * Of those who come upon the same surprise at once one looks what there is, and the others try again with what it learned:
 * looking takes two waits for the server while a lock is held, and they would all wait for that lock.
 */
export class OneLooksFirst {
  /** By what they have in common. Never rejects. */
  readonly #looking = new Map<string, Promise<void>>();

  /** `asForeseen` resolves to `null` where something is otherwise. Whoever waited once and is surprised again looks too. */
  async run<T>(inCommon: string, asForeseen: () => Promise<T | null>, looking: () => Promise<T>): Promise<T> {
    const result = await asForeseen();
    if (result !== null) return result;
    const other = this.#looking.get(inCommon);
    if (other === undefined) return this.#look(inCommon, looking());
    await other;
    return (await asForeseen()) ?? looking();
  }

  #look<T>(inCommon: string, looking: Promise<T>): Promise<T> {
    const isOver = () => {
      this.#looking.delete(inCommon);
    };
    this.#looking.set(inCommon, looking.then(isOver, isOver));
    return looking;
  }
}
