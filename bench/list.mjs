// How fast the infospaces of a large workspace are listed: files of another program, and files of ours.
//
//   node bench/list.mjs [rounds]                          default 10
//   node bench/list.mjs --infospaces 20 --runs 100        the size of the workspace, default 200 and 500

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadLibrary } from './lib/built.mjs';
import { measureEverything, reportEverything } from './lib/list-everything.mjs';
import { measureTails, reportTails } from './lib/list-tails.mjs';
import { readSizes } from './lib/options.mjs';
import { printConditions, tellProgress } from './lib/print.mjs';
import { inTemporaryDirectory, settleDisk } from './lib/temporary-directory.mjs';
import { recordWorkspaces, writePyyamlWorkspace } from './lib/workspaces.mjs';

const FEW_RUNS = 5;

const { rounds, infospaces, runs } = readSizes({ rounds: 10, infospaces: 200, runs: 500 });
if (infospaces < 2 || runs <= FEW_RUNS) throw new Error(`Take at least 2 infospaces and ${FEW_RUNS + 1} runs.`);

await inTemporaryDirectory(async (directory) => {
  const library = await loadLibrary();
  printConditions(`${rounds} rounds`);

  tellProgress('writing files in the layout of PyYAML');
  const foreign = writePyyamlWorkspace(join(directory, 'pyyaml'), { infospaces, runs });
  settleDisk();
  tellProgress('measuring');
  reportEverything(measureEverything(foreign, { rounds }), foreign);
  rmSync(foreign.workspace, { recursive: true });

  tellProgress('recording runs');
  const [short, long] = await recordWorkspaces(library, directory, { infospaces, sizes: [FEW_RUNS, runs] });
  settleDisk();
  tellProgress('measuring');
  reportTails(measureTails({ short, long }, { rounds, directory }), { short, long });
});
