// What `npm start` shows: the main job, done with the real command on a copy of the example workspace.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { stripVTControlCharacters, styleText } from 'node:util';
import { rootDirectory } from './lib/root-directory.mjs';

const bin = join(rootDirectory, 'apps', 'cli', 'dist', 'bin.js');
const hasColours = process.stdout.isTTY && process.stdout.hasColors();
const workspace = copyOfExample();
const infospaces = join(workspace, 'infospaces');

say('budget tells what programs planned to spend on language models, what they did spend, and where the two differ.');
say('This tour works on a copy of examples/workspace; its token counts are those of real, recorded responses.');
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

heading('The files');
say('  <infospace>/output/budget/plans.yaml, usage.yaml    every plan, every run');
say('  <infospace>/output/budget/summary.yaml              the last comparison; one line of it is in reports/');
say(`  ${workspace} is yours to keep or to delete.`);

heading('Try next');
say(`  npm start -- run record ${join(infospaces, 'translate-handbook')}`);
say(`  npm start -- show ${join(infospaces, 'research-notes')}`);
say('  npm start -- --help');

function copyOfExample() {
  const example = join(rootDirectory, 'examples', 'workspace');
  const copy = mkdtempSync(join(tmpdir(), 'budget-tour-'));
  // Somebody may have tried the tool on the example itself; the tour begins before that.
  const isWritten = (path) => /^infospaces\/[^/]+\/(output\/budget|reports)$/.test(path.split(sep).join('/'));
  cpSync(example, copy, { recursive: true, filter: (path) => !isWritten(relative(example, path)) });
  return copy;
}

/** Shows a command and what it says: all of it, or its first lines. Ends the tour if it fails. */
function budget(commandLine, { lines = Number.POSITIVE_INFINITY } = {}) {
  command(`budget ${commandLine}`);
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [bin, ...commandLine.split(' '), '--format', 'table'],
    { cwd: infospaces, encoding: 'utf8' },
  );
  if (error || status !== 0) {
    process.stdout.write(stdout ?? '');
    process.stderr.write(`${stderr ?? ''}${error ? `${error.message}\n` : ''}`);
    process.stderr.write(`The tour stopped, because this command failed. Its files are in ${workspace}\n`);
    process.exit(status || 1);
  }
  const output = stdout.trimEnd().split('\n');
  for (const line of output.slice(0, lines)) say(line === '' ? '' : `  ${line}`);
  if (output.length > lines) say(styled('dim', `  … (${output.length - lines} lines more: by model, by stage)`));
  for (const line of stderr.split('\n').filter(Boolean)) say(wrapped(line));
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
