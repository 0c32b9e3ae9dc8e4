import { resolve } from 'node:path';
import { text as readStream } from 'node:stream/consumers';
import { recordPlan } from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import { type CommandResult, text } from '../command-result.js';
import { runReporter } from '../compose.js';
import type { Terminal } from '../terminal.js';

export async function planRecord(
  infospace: string | undefined,
  options: { readonly from: string },
  terminal: Terminal,
): Promise<CommandResult> {
  const source =
    options.from === '-'
      ? { plan: await readStream(terminal.stdin), planName: 'standard input' }
      : { planFile: resolve(terminal.directory, options.from) };
  const root = chooseInfospace(infospace, terminal.directory);
  const { snapshot, refreshed, warnings } = await recordPlan({
    infospace: root,
    announce: runReporter(root, terminal).announceOthers,
    ...source,
  });
  const notes = [
    `${refreshed ? 'Refreshed' : 'Recorded'} plan ${snapshot.snapshotId}.`,
    ...(snapshot.exceedsMaxCalls ? ['It exceeds its max_calls.'] : []),
    ...(snapshot.exceedsCostCap ? ['It exceeds its cost_cap.'] : []),
  ];
  return {
    value: {
      snapshot_id: snapshot.snapshotId,
      recorded_at: snapshot.recordedAt,
      refreshed,
      exceeds_max_calls: snapshot.exceedsMaxCalls,
      exceeds_cost_cap: snapshot.exceedsCostCap,
      warnings,
    },
    view: () => [text(notes.join(' '))],
    warnings,
  };
}
