const MAX_SHOWN = 20;

/** Collects what went wrong, and ends the script with all figures and an exit code. */
export class Findings {
  #violations = [];

  /** Says at once what is wrong, and goes on: the next rounds may tell more. */
  violation(message) {
    this.#violations.push(message);
    if (this.#violations.length <= MAX_SHOWN) process.stderr.write(`VIOLATION: ${message}\n`);
  }

  /** The script itself failed, so that nothing is proved. */
  broken(error) {
    this.#violations.unshift(`the script itself failed: ${error.stack}`);
  }

  /** @returns whether it holds. */
  expect(holds, message) {
    if (!holds) this.violation(typeof message === 'function' ? message() : message);
    return holds;
  }

  get count() {
    return this.#violations.length;
  }

  finish(figures) {
    print({ ...figures, violations: this.count });
    if (this.count > 0)
      process.stderr.write(`FAILED with ${this.count} violations; the first: ${this.#violations[0]}\n`);
    process.exitCode = this.count > 0 ? 1 : 0;
  }
}

export function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
