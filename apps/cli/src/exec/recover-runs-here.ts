import { markRunRecorded, readRunDirectory, unfinishedRuns } from '@budget/infospace';
import { recoveredRuns } from '../recovered-runs.js';
import { counted } from '../render/amounts.js';
import { quantity } from '../render/limit-texts.js';
import type { Terminal } from '../terminal.js';
import { runsOutsideInfospaces } from './run-place.js';

/** Records what killed runs left, of the infospace and outside of any. Sentences for people. */
export async function recoverRunsHere(root: string | null, terminal: Terminal): Promise<readonly string[]> {
  const inside = root === null ? [] : await recoveredRuns(root);
  return [...inside, ...(await recoverOutside(terminal))];
}

async function recoverOutside({ environment }: Terminal): Promise<string[]> {
  const { dead } = await unfinishedRuns(runsOutsideInfospaces(environment));
  const lines: string[] = [];
  for (const { directory, state } of dead) {
    let calls = 0;
    let cost = 0n;
    for (const call of (await readRunDirectory(directory))?.calls ?? []) {
      calls += 1;
      cost += call.costNanoUsd ?? 0n;
    }
    await markRunRecorded(directory, { status: 'cancelled', reason: 'the command that ran it was killed' });
    lines.push(
      `The run ${state.runId} (${state.command}) was killed before it ended: ${counted(calls, 'call')}, ${quantity('nanoUsd', cost)}. Its calls are in ${directory}.`,
    );
  }
  return lines;
}
