import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

/** The flags of a script, each with a default, and the three that all have. A number where the default is one. */
export function readOptions(defaults) {
  const all = { seed: Date.now() % 1_000_000, directory: tmpdir(), keep: false, ...defaults };
  const { values } = parseArgs({
    options: Object.fromEntries(
      Object.entries(all).map(([name, value]) => [name, { type: typeof value === 'boolean' ? 'boolean' : 'string' }]),
    ),
  });
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, given(name, values[name], value)]));
}

function given(name, text, fallback) {
  if (text === undefined || typeof fallback !== 'number') return text ?? fallback;
  const number = Number(text);
  if (text !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new RangeError(`--${name} is a number that is not negative, not ${JSON.stringify(text)}`);
}
