import { availableParallelism } from 'node:os';

export function printConditions(...conditions) {
  console.log([`Node ${process.version}`, `${availableParallelism()} cores`, ...conditions].join(', '));
}

/** Rows of text under their names: the first column to the left, figures to the right. */
export function printTable(names, rows) {
  const lines = [names, ...rows];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (text, column) => (column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]));
  console.log(`\n${lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')}\n`);
}

/** One of `atMost` and `atLeast` is the goal. A goal that is missed is said, and is no error. */
export function printGoal(what, actual, { atMost, atLeast, unit = '', digits = 2 }) {
  const isMet = atMost === undefined ? actual >= atLeast : actual <= atMost;
  const goal = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
  console.log(`${what}: ${actual.toFixed(digits)}${unit}; the goal is ${goal}: ${isMet ? 'met' : 'NOT met'}`);
}

/** What a long preparation is at, for a person who waits; not a part of the result. */
export function tellProgress(text) {
  process.stderr.write(`… ${text}\n`);
}

export const withCommas = (count) => count.toLocaleString('en-US');
export const mebibytes = (bytes) => (bytes / 1024 / 1024).toFixed(1);
