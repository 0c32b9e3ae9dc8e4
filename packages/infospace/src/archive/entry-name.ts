/** The longest path that systems take. */
const MAX_BYTES = 4096;

/**
 * What is wrong with the name of an entry, as the end of a sentence ("its name …"), or `null`. A name is a relative path
 * with `/`; wherever it is unpacked, on any system, it must lie below that place.
 */
export function nameProblem(name: string): string | null {
  if (name === '') return 'is empty';
  if (name.startsWith('/')) return 'is absolute';
  if (/^[A-Za-z]:/.test(name)) return 'begins like a drive of Windows';
  if (name.includes('\\')) return 'has a backslash, which parts directories on Windows';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) return 'has control characters';
  // What a decoder puts in the place of bytes that are no text.
  if (name.includes('\ufffd')) return 'is not UTF-8';
  if (name.split('/').some((part) => part === '..' || part === '.' || part === '')) return 'has an empty part, . or ..';
  return Buffer.byteLength(name) > MAX_BYTES ? `is longer than ${MAX_BYTES} bytes` : null;
}

interface OpenDirectory {
  readonly name: string;
  /** Folded to as it is spelled. */
  readonly names: Map<string, string>;
}

/**
 * Names in their order, to find those that are one and the same on some file system: macOS and Windows do not tell `a`
 * from `A`, macOS not `é` in one code point from `é` in two, and Windows drops dots and spaces at the end. Only the
 * directories around the last name are kept, so it takes little memory.
 */
export class NamesInOrder {
  private readonly open: OpenDirectory[] = [];

  /** @returns the part of an earlier name, in the same directory, that cannot be beside this one; or `null`. */
  add(name: string): string | null {
    const parts = name.split('/');
    const last = parts.length - 1;
    let depth = 0;
    while (depth < last && this.open[depth + 1]?.name === parts[depth]) depth++;
    this.open.length = Math.min(this.open.length, depth + 1);
    if (this.open.length === 0) this.open.push({ name: '', names: new Map() });
    for (; depth <= last; depth++) {
      const part = parts[depth] as string;
      const { names } = this.open[depth] as OpenDirectory;
      const other = names.get(folded(part));
      if (other !== undefined) return other;
      names.set(folded(part), part);
      if (depth < last) this.open.push({ name: part, names: new Map() });
    }
    return null;
  }
}

function folded(part: string): string {
  return part
    .normalize('NFD')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFD')
    .replace(/[. ]+$/, '');
}
