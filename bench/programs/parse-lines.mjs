// Parses each line of a file as JSON and prints how many there are: the least that a reader of recorded exchanges does.
//
//   node parse-lines.mjs <file>
import { closeSync, openSync, readSync } from 'node:fs';

const LINE_BREAK = 10;
const CHUNK_BYTES = 1024 * 1024;

const descriptor = openSync(process.argv[2], 'r');
let lines = 0;
let rest = Buffer.alloc(0);
for (;;) {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const bytes = readSync(descriptor, chunk);
  if (bytes === 0) break;
  const text = Buffer.concat([rest, chunk.subarray(0, bytes)]);
  let from = 0;
  for (let at = text.indexOf(LINE_BREAK); at >= 0; at = text.indexOf(LINE_BREAK, from)) {
    JSON.parse(text.toString('utf8', from, at));
    lines += 1;
    from = at + 1;
  }
  rest = text.subarray(from);
}
closeSync(descriptor);
console.log(lines);
