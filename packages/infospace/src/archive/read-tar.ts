import { archiveDamaged, archiveUnsafe } from './archive-errors.js';
import type { ByteSource } from './byte-source.js';
import { nameProblem } from './entry-name.js';
import { checksum, EXTENDED, padding, TAR_BLOCK_BYTES, type TarEntry, tarEnd, tarHeader } from './tar-header.js';

/** An entry of a tar, and its content, which is to be read before the next entry is asked for. */
export interface OpenEntry extends TarEntry {
  readonly content: AsyncIterable<Buffer>;
}

/** More than the longest name and the largest size take. */
const MAX_EXTENSION_BYTES = 8 * 1024;

/**
 * The entries of a tar as `tarHeader` writes it, and of no other: each header must be, byte for byte, the one that we
 * would write for this name, size and time. So there is nothing in it that we do not know: no links, no devices, no
 * directories, no owners, no second spelling of anything.
 *
 * @param file for errors.
 * @throws CodedError `archive_damaged`, `archive_unsafe` (input), and what the source throws.
 */
export async function* tarEntries(source: ByteSource, file: string): AsyncGenerator<OpenEntry, void> {
  for (;;) {
    const entry = await readHeader(source, file);
    if (entry === null) break;
    let left = entry.bytes;
    const content = counted(source.pass(entry.bytes), (bytes) => {
      left -= bytes;
    });
    yield { ...entry, content };
    // What nobody wanted to read.
    for await (const part of source.pass(left)) left -= part.length;
    const after = await source.take(padding(entry.bytes).length);
    if (left > 0 || !after.equals(padding(entry.bytes))) {
      throw archiveDamaged(file, `it ends, or goes on, inside ${entry.name}`);
    }
  }
  if (!(await source.isAtEnd())) throw archiveDamaged(file, 'something follows after its end');
}

async function* counted(parts: AsyncIterable<Buffer>, count: (bytes: number) => void): AsyncGenerator<Buffer, void> {
  for await (const part of parts) {
    count(part.length);
    yield part;
  }
}

/** `null` at the end. */
async function readHeader(source: ByteSource, file: string): Promise<TarEntry | null> {
  const first = await takeBlock(source, file);
  if (first.equals(tarEnd.subarray(0, TAR_BLOCK_BYTES))) {
    if (!(await takeBlock(source, file)).equals(first)) throw archiveDamaged(file, 'it ends in half of its end mark');
    return null;
  }
  refuseWrongSum(first, file);
  if (typeOf(first) !== EXTENDED) {
    const entry = { name: nameIn(first), bytes: sizeIn(first), modifiedS: octalIn(first, 136) };
    return checked(entry, first, first, file);
  }
  const length = octalIn(first, 124);
  if (length > MAX_EXTENSION_BYTES) throw archiveUnsafe(file, `it has an extended header of ${length} bytes`);
  const extension = await source.take(length + padding(length).length);
  const second = await takeBlock(source, file);
  refuseWrongSum(second, file);
  const records = recordsIn(extension.subarray(0, length));
  const entry = {
    name: records.get('path') ?? nameIn(second),
    bytes: Number(records.get('size') ?? sizeIn(second)),
    modifiedS: octalIn(second, 136),
  };
  return checked(entry, Buffer.concat([first, extension, second]), second, file);
}

function checked(entry: TarEntry, read: Buffer, plain: Buffer, file: string): TarEntry {
  const problem = nameProblem(entry.name);
  if (problem !== null) throw archiveUnsafe(file, `the name ${JSON.stringify(entry.name)} in it ${problem}`);
  const kind = kinds[typeOf(plain)] ?? 'an entry of an unknown kind';
  if (typeOf(plain) !== '0') throw archiveUnsafe(file, `${JSON.stringify(entry.name)} in it is ${kind}`);
  const isSize = Number.isSafeInteger(entry.bytes) && entry.bytes >= 0;
  if (!isSize || !tarHeader(entry).equals(read)) {
    throw archiveDamaged(file, `the header of ${JSON.stringify(entry.name)} is not as budget writes it`);
  }
  return entry;
}

const kinds: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '5': 'a directory',
  '6': 'a pipe',
};

async function takeBlock(source: ByteSource, file: string): Promise<Buffer> {
  const block = await source.take(TAR_BLOCK_BYTES);
  if (block.length < TAR_BLOCK_BYTES) throw archiveDamaged(file, 'it is cut off');
  return block;
}

function refuseWrongSum(block: Buffer, file: string): void {
  if (octalIn(block, 148) !== checksum(block)) throw archiveDamaged(file, 'a header in it has a wrong check sum');
}

const typeOf = (block: Buffer): string => String.fromCharCode(block[156] ?? 0);
const nameIn = (block: Buffer): string => untilZero(block.subarray(0, 100)).toString('utf8');
const sizeIn = (block: Buffer): number => octalIn(block, 124);

/** NaN for what is no octal number. */
function octalIn(block: Buffer, start: number): number {
  const [digits] = /^[0-7]+/.exec(block.toString('latin1', start, start + 12)) ?? [];
  return Number.parseInt(digits ?? '', 8);
}

function untilZero(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Leniently: what is not as we write it shows in the comparison. */
function recordsIn(extension: Buffer): Map<string, string> {
  const records = extension
    .toString('utf8')
    .split('\n')
    .map((line) => /^\d+ (\w+)=(.*)$/s.exec(line));
  return new Map(records.flatMap((found) => (found ? [[found[1] ?? '', found[2] ?? '']] : [])));
}
