// Loaded into a measured process with --import: at its exit it says on descriptor 3 what the process needed.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const DESCRIPTOR = 3;
const BYTES_PER_KIB = 1024;
const MICROSECONDS_PER_MS = 1000;
const KERNEL_COUNTERS = '/proc/self/io';

const bytesRead = fs.existsSync(KERNEL_COUNTERS) ? bytesReadByKernel : countingReads();

process.on('exit', () => {
  // First of all, because reading the counters counts as reading.
  const read = bytesRead();
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const resources = {
    maxRssBytes: maxRSS * BYTES_PER_KIB,
    cpuMs: (userCPUTime + systemCPUTime) / MICROSECONDS_PER_MS,
    bytesRead: read,
  };
  fs.writeSync(DESCRIPTOR, JSON.stringify(resources));
});

/** All reads of the process, whichever function asked for them; those of the program's own files are among them. */
function bytesReadByKernel() {
  return Number(/^rchar: (\d+)$/m.exec(fs.readFileSync(KERNEL_COUNTERS, 'utf8'))[1]);
}

/** Elsewhere than on Linux: what goes through the one function with which the library reads. */
function countingReads() {
  const { readSync } = fs;
  let total = 0;
  fs.readSync = (...parameters) => {
    const count = readSync(...parameters);
    total += count;
    return count;
  };
  syncBuiltinESMExports();
  return () => total;
}
