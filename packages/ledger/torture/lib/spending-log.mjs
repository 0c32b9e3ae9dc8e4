import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/**
 * What a worker knows, one line of JSON for each verb that was answered, written only after its promise resolved (and
 * `settling` and `booking` before: whoever is killed in between has done it all the same). A line is one write, so a kill
 * leaves all of it or nothing.
 */
export function openLog(file) {
  const descriptor = openSync(file, 'a');
  return {
    write: (verb, fields) => writeSync(descriptor, `${JSON.stringify({ verb, ...fields })}\n`),
    close: () => closeSync(descriptor),
  };
}

export function readLog(file) {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    // Killed before it began.
    if (error.code !== 'ENOENT') throw error;
  }
  const lines = text.split('\n');
  const torn = lines.pop();
  if (torn !== '') throw new Error(`${file} ends in the middle of a line`);
  return lines.map((line) => JSON.parse(line));
}
