/** What is wrong with a line of what is read; who knows what was done before it tells it. */
export class WrongLine extends Error {
  readonly line: number;

  constructor(line: number, what: string) {
    super(what);
    this.line = line;
  }
}
