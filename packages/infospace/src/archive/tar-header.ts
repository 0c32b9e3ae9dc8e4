/** A file in a tar: the format of POSIX.1-2001 (`pax`), in the one spelling that we write. */
export interface TarEntry {
  readonly name: string;
  readonly bytes: number;
  /** Seconds since 1970. */
  readonly modifiedS: number;
}

export const TAR_BLOCK_BYTES = 512;
/** Two blocks of zeros. */
export const tarEnd = Buffer.alloc(2 * TAR_BLOCK_BYTES);
export const EXTENDED = 'x';
const FILE = '0';
const MAX_NAME_BYTES = 100;
/** Eleven octal digits. */
const MAX_PLAIN_BYTES = 0o77777777777;

/**
 * All that stands before the content of a file. Mode and owner are always the same, so that nothing of the machine gets
 * in. A name that is long or not ASCII, and a size from 8 GiB on, stand in an extended header before the plain one.
 */
export function tarHeader(entry: TarEntry): Buffer {
  const { name, bytes, modifiedS } = entry;
  const plain = name.replace(/[^ -~]/g, '_').slice(0, MAX_NAME_BYTES);
  const records: string[] = [];
  if (plain !== name) records.push(record('path', name));
  if (bytes > MAX_PLAIN_BYTES) records.push(record('size', String(bytes)));
  const header = block(plain, bytes > MAX_PLAIN_BYTES ? 0 : bytes, modifiedS, FILE);
  if (records.length === 0) return header;
  const extension = Buffer.from(records.join(''));
  const extensionName = `PaxHeaders/${plain}`.slice(0, MAX_NAME_BYTES);
  const before = block(extensionName, extension.length, modifiedS, EXTENDED);
  return Buffer.concat([before, extension, padding(extension.length), header]);
}

/** Zeros after a content of so many bytes, up to the end of its last block. */
export function padding(bytes: number): Buffer {
  return Buffer.alloc((TAR_BLOCK_BYTES - (bytes % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES);
}

function block(name: string, bytes: number, modifiedS: number, type: string): Buffer {
  const buffer = Buffer.alloc(TAR_BLOCK_BYTES);
  buffer.write(name, 0, 'latin1');
  buffer.write(octal(0o644, 7), 100, 'latin1');
  buffer.write(octal(0, 7), 108, 'latin1');
  buffer.write(octal(0, 7), 116, 'latin1');
  buffer.write(octal(bytes, 11), 124, 'latin1');
  buffer.write(octal(modifiedS, 11), 136, 'latin1');
  buffer.write(type, 156, 'latin1');
  buffer.write('ustar\u000000', 257, 'latin1');
  buffer.write(octal(0, 7), 329, 'latin1');
  buffer.write(octal(0, 7), 337, 'latin1');
  buffer.write(`${octal(checksum(buffer), 6)}\u0000 `, CHECKSUM_START, 'latin1');
  return buffer;
}

const CHECKSUM_START = 148;
const CHECKSUM_END = 156;

/** The sum of all bytes, with spaces in the place of the sum. */
export function checksum(header: Buffer): number {
  let sum = (CHECKSUM_END - CHECKSUM_START) * 0x20;
  for (let index = 0; index < TAR_BLOCK_BYTES; index++) {
    if (index < CHECKSUM_START || index >= CHECKSUM_END) sum += header[index] ?? 0;
  }
  return sum;
}

function octal(number: number, digits: number): string {
  return number.toString(8).padStart(digits, '0');
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
