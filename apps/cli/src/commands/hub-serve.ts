import type { HubFlags } from '@budget/hub';
import { type CommandResult, text } from '../command-result.js';
import type { Log } from '../stderr-log.js';
import type { Terminal } from '../terminal.js';

/** Runs the reference hub in this process until it is told to end. */
export async function hubServe(flags: HubFlags, terminal: Terminal, log: Log): Promise<CommandResult> {
  // Larger than all other commands together, and only needed here.
  const { serveHub } = await import('@budget/hub');
  const { environment, directory, version } = terminal;
  const signal = await serveHub({ flags, environment, directory, version, log: (line) => log('note', line) });
  return { value: { ended_by: signal }, view: () => [text(`The hub has ended (${signal}).`)] };
}
