import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Findings, print } from '@budget/test-tools';
import { makeLedger, storeNames } from './ledgers.mjs';

/**
 * A new ledger for a script, of the store that it was told, in a directory of its own.
 *
 * @param options of `readOptions`, with `store`
 * @returns `home`, the directory; `made`, what `makeLedger` gives; `findings`; and `run`, which does the work, ends the
 * script with the figures that this gives, and removes the ledger where nothing was found
 */
export async function onALedger(name, options) {
  if (!storeNames.includes(options.store)) throw new RangeError(`--store is one of ${storeNames.join(', ')}`);
  const findings = new Findings();
  const home = mkdtempSync(join(options.directory, `${name}-`));
  print({ seed: options.seed, directory: home });
  const made = await makeLedger(options.store, home);
  async function run(work) {
    let figures = {};
    try {
      figures = await work();
    } catch (error) {
      findings.broken(error);
    } finally {
      await made.remove();
      if (!options.keep && findings.count === 0) rmSync(home, { recursive: true, force: true });
    }
    findings.finish(figures);
  }
  return { home, made, findings, run };
}
