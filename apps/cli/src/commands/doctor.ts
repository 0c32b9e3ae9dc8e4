import { examineInfospace } from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import type { CommandResult } from '../command-result.js';
import { runReporter } from '../compose.js';
import { exitCodes } from '../exit-code.js';
import type { Terminal } from '../terminal.js';

export async function doctor(infospace: string | undefined, terminal: Terminal): Promise<CommandResult> {
  const root = chooseInfospace(infospace, terminal.directory);
  const { announceOthers: announce } = runReporter(root, terminal);
  const findings = await examineInfospace(root, { announce });
  const broken = findings.some(({ state }) => state === 'broken');
  return {
    value: { findings },
    view: () => [
      {
        kind: 'table',
        columns: [{ name: 'state' }, { name: 'what' }],
        rows: findings.map(({ file, state, message }) => [
          state,
          message.startsWith(file) ? message : `${file}: ${message}`,
        ]),
      },
    ],
    exitCode: broken ? exitCodes.input : 0,
  };
}
