// Parses files whole, with the YAML parser of the library, and prints what that took without the start of Node.
//
//   node parse-yaml.mjs <file> ...
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repository } from '../lib/built.mjs';

const MICROSECONDS_PER_MS = 1000;
const requireAsLibrary = createRequire(join(repository, 'packages', 'infospace', 'package.json'));
const { load } = requireAsLibrary('js-yaml');

const start = performance.now();
const cpuBefore = process.cpuUsage();
let bytes = 0;
let runs = 0;
for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8');
  bytes += Buffer.byteLength(text);
  runs += load(text).runs.length;
}
const { user, system } = process.cpuUsage(cpuBefore);
const elapsedMs = performance.now() - start;
console.log(JSON.stringify({ runs, bytes, elapsedMs, cpuMs: (user + system) / MICROSECONDS_PER_MS }));
