import { writeSync } from 'node:fs';

/** One write. The system may take a part only; asking again for the rest finishes it or tells the reason. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    const count = writeSync(descriptor, bytes, written);
    // No file system should; one that does would keep us here for ever.
    if (count === 0) throw Object.assign(new Error('write took no bytes'), { code: 'EIO', syscall: 'write' });
    written += count;
  }
}
