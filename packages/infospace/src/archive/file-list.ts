/** A line of `files.jsonl`. */
export interface ListedFile {
  /** As the entry is called in the tar. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** In one spelling, so that two lists are alike when they are equal byte for byte. */
export function listLine({ path, bytes, sha256 }: ListedFile): string {
  return `${JSON.stringify({ path, bytes, sha256 })}\n`;
}
