// The least that a program can do with files: reads each and looks at every byte. Prints how many lines they have.
//
//   node read-bytes.mjs <file> ...
import { readFileSync } from 'node:fs';

const LINE_END = 10;

let lines = 0;
for (const file of process.argv.slice(2)) {
  const bytes = readFileSync(file);
  for (let index = 0; index < bytes.length; index += 1) {
    if (bytes[index] === LINE_END) lines += 1;
  }
}
console.log(lines);
