import { nextSignal } from '@budget/serving';
import { type CommandResult, text } from '../command-result.js';
import { serveLedger } from '../serve/serve-ledger.js';
import { type ServeFlags, serveSettings } from '../serve/serve-settings.js';
import type { Log } from '../stderr-log.js';
import type { Terminal } from '../terminal.js';

/** Serves the ledger over HTTP in this process until it is told to end, and then answers what still runs. */
export async function serve(flags: ServeFlags, terminal: Terminal, log: Log): Promise<CommandResult> {
  const settings = serveSettings(flags, terminal);
  const signal = nextSignal();
  const served = await serveLedger(settings, terminal, log);
  const who = settings.token === undefined ? 'every program on this machine' : 'whoever bears the token';
  log('note', `The ledger is served on ${served.url} to ${who}.`);
  const received = await signal;
  log('note', `${received}: the server ends.`);
  await served.close();
  return { value: { ended_by: received }, view: () => [text(`The server has ended (${received}).`)] };
}
