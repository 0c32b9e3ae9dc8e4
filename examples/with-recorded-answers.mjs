// Runs a command on this machine alone: providers are recordings, keys are made up, and the ledger and all state are in a
// directory of their own. `node examples/with-recorded-answers.mjs [--home <directory>] budget exec … -- <program>`
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startReplay } from '../packages/replay/src/index.mjs';

const bin = fileURLToPath(new URL('../apps/cli/dist/bin.js', import.meta.url));

const parameters = process.argv.slice(2);
const home =
  parameters[0] === '--home' ? parameters.splice(0, 2)[1] : mkdtempSync(join(tmpdir(), 'budget-recorded-answers-'));
const [command, ...rest] = parameters;
if (command === undefined || home === undefined) {
  console.error('Use: node examples/with-recorded-answers.mjs [--home <directory>] budget exec -- <program>');
  process.exit(2);
}

const replay = await startReplay();
const child = spawn(command === 'budget' ? process.execPath : command, command === 'budget' ? [bin, ...rest] : rest, {
  stdio: 'inherit',
  env: {
    ...process.env,
    BUDGET_LEDGER: join(home, 'ledger.db'),
    BUDGET_LEDGER_DISABLE: '',
    BUDGET_APPLICATION: '',
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CONFIG_HOME: join(home, 'config'),
    OPENAI_BASE_URL: `${replay.urlOf('openai')}/v1`,
    OPENAI_API_KEY: 'a-key-that-nobody-has',
    ANTHROPIC_BASE_URL: replay.urlOf('anthropic'),
    ANTHROPIC_API_KEY: 'a-key-that-nobody-has',
  },
});
child.on('error', (error) => {
  console.error(`${command} could not be started: ${error.message}`);
  process.exit(127);
});
child.on('exit', async (code) => {
  await replay.close();
  process.exitCode = code ?? 1;
});
