import { parseArgs } from 'node:util';

/**
 * The sizes of a measurement from the command line, each `--name <count>`; the number of rounds may also stand alone.
 * `defaults` names all that there are.
 */
export function readSizes(defaults) {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' }]));
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (positionals.length > 1) throw new Error(`One number of rounds, please, not ${positionals.join(' and ')}.`);
  const given = { ...(positionals.length > 0 && { rounds: positionals[0] }), ...values };
  return { ...defaults, ...Object.fromEntries(Object.entries(given).map(([name, text]) => [name, count(name, text)])) };
}

function count(name, text) {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new Error(`--${name} takes a whole number from 1 on, not "${text}".`);
  return Number(text);
}
