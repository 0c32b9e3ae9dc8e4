#!/usr/bin/env node
/**
 * Cuts the last entry of `usage.yaml` at every byte, as a crash does in the middle of a write, and puts zeros in the
 * place of what is cut, as a power failure does that keeps a file's length. Ends with 1 when that loses more than the
 * last entry, loses it without a word, or when recording does not go on.
 *
 *   node torture/cut.mjs [--every 1] [--command 100] [--case ours] [--filling zeros] [--seed 1] [--directory /tmp] [--keep]
 *
 * --every    Only each so-manieth byte, and those around the ends of the entry.
 * --command  Of the cuts tried, each so-manieth through the command line; the others through the library, in this
 *            process. 0 is none.
 * --case     One kind of file alone, by its name; default all.
 * --filling  What comes in the place of what is cut: `nothing` or `zeros`; default one after the other.
 * --seed     Which bytes and which commands, where it is not each.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Findings, print, readOptions } from '@budget/test-tools';
import { cutCases, makeCutCase } from './lib/cut-cases.mjs';
import { commandLine, library } from './lib/cut-drivers.mjs';
import { tryCut } from './lib/cut-expectations.mjs';
import { startPyYaml } from './lib/pyyaml.mjs';

const options = readOptions({ every: 1, command: 100, case: '', filling: '' });
const findings = new Findings();
const home = mkdtempSync(join(options.directory, 'cut-'));
const pyyaml = startPyYaml();
const started_ms = performance.now();
const figures = { cuts: 0, throughCommand: 0, torn: 0, whole: 0, 'whole or torn': 0, nothing: 0 };

try {
  print({ seed: options.seed, directory: home });
  for (const name of cutCases.filter((name) => options.case === '' || options.case === name)) {
    const cutCase = await makeCutCase(name, { home, pyyaml, record: commandLine.record });
    const before = findings.count;
    for (const filling of options.filling === '' ? ['nothing', 'zeros'] : [options.filling]) {
      for (const cut of cutsOf(cutCase)) await tryOne(cutCase, cut, filling);
    }
    print({ case: name, bytes: cutCase.bytes.length - cutCase.start, violations: findings.count - before });
  }
} catch (error) {
  findings.broken(error);
} finally {
  pyyaml.stop();
  // What went wrong may depend on the scheduler, so it is kept to be looked at.
  if (!options.keep && findings.count === 0) rmSync(home, { recursive: true, force: true });
}
findings.expect(figures.cuts > 0, 'nothing was cut');
findings.finish({ ...figures, seconds: Math.round((performance.now() - started_ms) / 1000) });

/** From nothing of the entry to all of it. */
function cutsOf({ bytes, start }) {
  const all = Array.from({ length: bytes.length - start + 1 }, (_, index) => start + index);
  const isNearAnEnd = (cut) => cut - start < 4 || bytes.length - cut < 4;
  return all.filter((cut) => isNearAnEnd(cut) || (cut + options.seed) % options.every === 0);
}

async function tryOne(cutCase, cut, filling) {
  const { bytes } = cutCase;
  if (filling === 'zeros' && cut === bytes.length) return;
  figures.cuts++;
  const useCommand = options.command > 0 && (figures.cuts + options.seed) % options.command === 0;
  if (useCommand) figures.throughCommand++;
  const driver = useCommand ? commandLine : library;
  const content =
    filling === 'zeros'
      ? Buffer.concat([bytes.subarray(0, cut), Buffer.alloc(bytes.length - cut)])
      : bytes.subarray(0, cut);
  const label = `${cutCase.name}, cut at byte ${cut - cutCase.start} of ${bytes.length - cutCase.start}, then ${filling}`;
  const outcome = await tryCut(
    { ...cutCase, cut, filling, content, driver, pyyaml, number: figures.cuts },
    (holds, message) => findings.expect(holds, () => `${label} (${driver.name}): ${message()}`),
  );
  figures[outcome]++;
}
