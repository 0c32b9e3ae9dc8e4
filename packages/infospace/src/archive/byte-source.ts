/** The bytes of a stream, taken as they are needed. */
export class ByteSource {
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.chunks = stream[Symbol.asyncIterator]();
  }

  /** So many bytes; fewer where the stream ends before. */
  async take(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.pass(bytes)) parts.push(part);
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** As `take`, in the pieces in which they come. */
  async *pass(bytes: number): AsyncGenerator<Buffer, void> {
    for (let left = bytes; left > 0; ) {
      if (this.rest.length === 0 && !(await this.fill())) return;
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** Whether all is taken. */
  async isAtEnd(): Promise<boolean> {
    return this.rest.length === 0 && !(await this.fill());
  }

  /** Lets go of the stream; what it came from is closed. */
  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  private async fill(): Promise<boolean> {
    for (;;) {
      const { value, done } = await this.chunks.next();
      if (done) return false;
      this.rest = value;
      if (this.rest.length > 0) return true;
    }
  }
}
