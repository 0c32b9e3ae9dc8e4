import { examineInfospace } from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import type { CommandResult } from '../command-result.js';
import { exitCodes } from '../exit-code.js';

export async function doctor(infospace: string | undefined, directory: string): Promise<CommandResult> {
  const findings = await examineInfospace(chooseInfospace(infospace, directory));
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
