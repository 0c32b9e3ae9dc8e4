/** Writes a part of an export to standard output. @throws ReaderGone */
export async function printed(lines: string, stdout: NodeJS.WriteStream): Promise<void> {
  const error = await new Promise((done) => stdout.write(lines, done));
  if (error || !stdout.writable) throw new ReaderGone();
}

/** As `head` does. That is no error. */
export class ReaderGone extends Error {}
