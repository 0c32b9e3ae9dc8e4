// What `npm start` shows, with the real command: a copy of the example workspace, and programs under a budget.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { stripVTControlCharacters, styleText } from 'node:util';
import { rootDirectory } from './lib/root-directory.mjs';

const bin = join(rootDirectory, 'apps', 'cli', 'dist', 'bin.js');
const hasColours = process.stdout.isTTY && process.stdout.hasColors();
const workspace = copyOfExample();
const infospaces = join(workspace, 'infospaces');
const agent = join(infospaces, 'agent');
// The user's own ledger and state are left alone.
const home = join(workspace, '.home');
mkdirSync(home);
const environment = {
  ...process.env,
  BUDGET_LEDGER: join(home, 'ledger.db'),
  BUDGET_LEDGER_DISABLE: '',
  BUDGET_APPLICATION: '',
  XDG_STATE_HOME: join(home, 'state'),
  XDG_CONFIG_HOME: join(home, 'config'),
};

say('budget limits what programs spend on language models, and tells what they planned to spend and did spend.');
say('This tour works on a copy of examples/workspace. No provider is called: answers and token counts are recorded.');
say();
command(`cd ${infospaces}`);

heading('1. Plan: what you expect to spend');
budget('plan record translate-handbook --from translate-handbook/plans/01-first-pass.json');
budget('plan record translate-handbook --from translate-handbook/plans/02-all-chapters.json');
budget('plan list translate-handbook');
explain('Plan again until it fits your cap. A run is compared with the latest plan, or with the one that you name.');

heading('2. Record what was spent, and see where it differs from the plan');
budget('plan record course-quiz --from course-quiz/plans/two-chapters.json');
budget('run record course-quiz');
explain('Left of each slash is what happened, right of it what was planned, then the ratio of the two.');
explain('It was cheaper than planned: fewer calls of gpt-5-mini (in feedback and questions), and most were shorter.');

heading('3. A workflow that was interrupted and went on later');
budget('plan record research-notes --from research-notes/plans/reading-list.json');
budget('run record research-notes', { lines: 2 });
budget('run record research-notes --runs research-notes/resumed/2026-10-21-001.yaml', { lines: 2 });
budget('status research-notes');
explain('The resumed record repeats what came before the interruption; only its new stages are counted, as run 2.');

heading('4. Prices that nobody knows');
budget('run record support-triage', { lines: 2 });
explain('A call of unknown cost never counts as free: "≥" marks each sum that lacks one. A run needs no plan.');

heading('5. All infospaces of the workspace');
budget('list ..');
explain('Two have no runs yet: they are left to you.');

heading('6. Any program, unchanged, under a budget');
makeAgent();
command(`cd ${agent} && cat budget.yaml`);
say('  workspace: examples');
say('  budget: {max_usd: 0.002}');
exec('--max-usd 0.0015', 'ask-by-sdk.js');
explain(
  "It streams with OpenAI's own SDK. Its calls went through a proxy that counted them; it saw a placeholder key.",
);
exec('', 'ask-by-fetch.js');
explain(
  'Plain fetch, and no limit but that of budget.yaml. What a call may cost is set aside before it is sent: the fourth',
);
explain('had no room, so it was answered 402 (payment required) on this machine, and no provider saw it.');
budget('status', { directory: agent });
budget('explain latest', { directory: agent });
budget('limits list --scope-prefix infospace', { directory: agent });
explain(
  'The limit is shared by all runs of the infospace, also at the same time: none can spend the same dollar twice.',
);

heading('The files');
say('  <infospace>/output/budget/plans.yaml, usage.yaml    every plan, every run');
say('  <infospace>/output/budget/summary.yaml              the last comparison; one line of it is in reports/');
say('  <infospace>/output/budget/runs/<id>/costs.jsonl     every call of a run that budget exec made');
say(`  ${workspace} is yours to keep or to delete.`);

heading('Try next');
say(`  npm start -- run record ${join(infospaces, 'translate-handbook')}`);
say(`  npm start -- show ${join(infospaces, 'research-notes')}`);
say('  npm start -- exec --max-usd 1 -- <a program of yours, with your key in OPENAI_API_KEY or its like>');
say('  npm start -- --help');

/** An infospace for programs, which are compiled as TypeScript programs are. */
function makeAgent() {
  mkdirSync(agent);
  writeFileSync(join(agent, 'budget.yaml'), 'workspace: examples\nbudget: {max_usd: 0.002}\n');
  const project = join(rootDirectory, 'examples', 'exec-typescript', 'tsconfig.build.json');
  const tsc = join(rootDirectory, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
  if (status !== 0) stop(status, stdout);
}

/** Shows a program under `budget exec`, whose provider is a recording on this machine. */
function exec(options, program) {
  const file = join(rootDirectory, 'examples', 'exec-typescript', 'dist', program);
  command(`budget exec ${options === '' ? '' : `${options} `}-- node ${program}`);
  const wrapper = join(rootDirectory, 'examples', 'with-recorded-answers.mjs');
  const parameters = [
    '--home',
    home,
    'budget',
    'exec',
    ...options.split(' ').filter(Boolean),
    '--',
    process.execPath,
    file,
  ];
  run([wrapper, ...parameters], { directory: agent });
}

function copyOfExample() {
  const example = join(rootDirectory, 'examples', 'workspace');
  const copy = mkdtempSync(join(tmpdir(), 'budget-tour-'));
  // Somebody may have tried the tool on the example itself; the tour begins before that.
  const isWritten = (path) => /^infospaces\/[^/]+\/(output\/budget|reports)$/.test(path.split(sep).join('/'));
  cpSync(example, copy, { recursive: true, filter: (path) => !isWritten(relative(example, path)) });
  return copy;
}

/** Shows a command and what it says: all of it, or its first lines. */
function budget(commandLine, options) {
  command(`budget ${commandLine}`);
  run([bin, ...commandLine.split(' '), '--format', 'table'], options);
}

/** Ends the tour if it fails. */
function run(parameters, { lines = Number.POSITIVE_INFINITY, directory = infospaces } = {}) {
  const options = { cwd: directory, encoding: 'utf8', env: environment };
  const { status, stdout, stderr, error } = spawnSync(process.execPath, parameters, options);
  if (error || status !== 0) stop(status, stdout, `${stderr ?? ''}${error ? `${error.message}\n` : ''}`);
  const output = stdout.trimEnd().split('\n');
  for (const line of output.slice(0, lines)) say(line === '' ? '' : `  ${line}`);
  if (output.length > lines) say(styled('dim', `  … (${output.length - lines} lines more: by model, by stage)`));
  if (stderr !== '') for (const line of stderr.trimEnd().split('\n')) say(wrapped(line));
}

function stop(status, stdout, stderr = '') {
  process.stdout.write(stdout ?? '');
  process.stderr.write(`${stderr}The tour stopped, because this command failed. Its files are in ${workspace}\n`);
  process.exit(status || 1);
}

/** A message of any length, indented, in lines of a width that most terminals have. */
function wrapped(message) {
  return message.replace(/(.{1,108})(?: |$)/g, '  $1\n').trimEnd();
}

function command(line) {
  say(styled('bold', `$ ${line}`));
}

function heading(text) {
  say();
  say(styled(['bold', 'cyan'], text));
}

function explain(text) {
  say(styled('cyan', `→ ${text}`));
}

function styled(format, text) {
  const result = styleText(format, text);
  return hasColours ? result : stripVTControlCharacters(result);
}

function say(line = '') {
  process.stdout.write(`${line}\n`);
}
