import { markRunRecorded, readRunDirectory, unfinishedRuns } from '@budget/infospace';
import type { RunReporter } from '../compose.js';
import { tellOfKilledRuns } from '../observing/tell-of-killed-runs.js';
import { recoveredRuns } from '../recovered-runs.js';
import { counted } from '../render/amounts.js';
import { quantity } from '../render/limit-texts.js';
import type { Terminal } from '../terminal.js';
import { runsOutsideInfospaces } from './run-place.js';

/** Records what killed runs left, of the infospace and outside of any. Sentences for people. */
export async function recoverRunsHere(
  root: string | null,
  terminal: Terminal,
  reporter: RunReporter,
): Promise<readonly string[]> {
  const inside = root === null ? [] : await recoveredRuns(root, terminal, reporter.announceOthers);
  return [...inside, ...(await recoverOutside(terminal, reporter))];
}

async function recoverOutside(terminal: Terminal, reporter: RunReporter): Promise<string[]> {
  const { environment } = terminal;
  const { dead } = await unfinishedRuns(runsOutsideInfospaces(environment));
  const lines = [...(await tellOfKilledRuns(dead, null, terminal))];
  for (const { directory, state, lastChangeMs } of dead) {
    let calls = 0;
    let cost = 0n;
    const reading = await readRunDirectory(directory);
    for (const call of reading?.calls ?? []) {
      calls += 1;
      cost += call.costNanoUsd ?? 0n;
    }
    if (reading !== null) {
      const end = {
        status: 'cancelled',
        durationSeconds: null,
        endedAt: new Date(lastChangeMs).toISOString(),
      } as const;
      await reporter.queueOutside(reading, end);
    }
    await markRunRecorded(directory, { status: 'cancelled', reason: 'the command that ran it was killed' });
    lines.push(
      `The run ${state.runId} (${state.command}) was killed before it ended: ${counted(calls, 'call')}, ${quantity('nanoUsd', cost)}. Its calls are in ${directory}.`,
    );
  }
  return lines;
}
