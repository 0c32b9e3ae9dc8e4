#!/usr/bin/env node
/**
 * Kills real `budget archive create` at random moments, and lets its disk run full at random places. Ends with 1 when an
 * archive is there that is not whole, when a sidecar stands alone, when a failure is told as success, when what a dead
 * process left is not removed by the next one, or when that one does not give the same bytes as an undisturbed one.
 *
 *   node torture/archive.mjs [--rounds 400] [--files 300] [--seconds 0] [--seed 1] [--directory /tmp] [--keep]
 *
 * --rounds   In each, one command that is mostly killed or has too little room, and one that is left alone.
 * --files    How many files the archived infospace has at most.
 * --seconds  Begins no round after so many; 0 is no limit.
 * --seed     Repeats what is chosen here; what the system's scheduler does cannot be repeated.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { verifyArchive } from '@budget/infospace/archive';
import { Findings, print, randomFrom, readOptions } from '@budget/test-tools';
import { writeProject } from './lib/archived-project.mjs';
import { acknowledgement, budget, describeEnd, hasStackTrace, startBudget } from './lib/budget-command.mjs';
import { killCommand } from './lib/kill-command.mjs';

const ROUNDS_A_PROJECT = 20;
/** What `ulimit -f` counts in. */
const BLOCK_BYTES = 512;

const options = readOptions({ rounds: 400, files: 300, seconds: 0 });
const random = randomFrom(options.seed);
const findings = new Findings();
const home = mkdtempSync(join(options.directory, 'archives-'));
const started_ms = performance.now();
const figures = { rounds: 0, killed: {}, finished: 0, limited: 0, leftovers: 0, archivesLeft: 0, sidecarsMissing: 0 };

try {
  print({ seed: options.seed, directory: home });
  while (mayGoOn()) await playProject(join(home, `project-${figures.rounds}`));
} catch (error) {
  findings.broken(error);
} finally {
  if (!options.keep && findings.count === 0) rmSync(home, { recursive: true, force: true });
}
findings.finish({ ...figures, seconds: Math.round((performance.now() - started_ms) / 1000) });

function mayGoOn() {
  const seconds = (performance.now() - started_ms) / 1000;
  return figures.rounds < options.rounds && (options.seconds === 0 || seconds < options.seconds);
}

async function playProject(project) {
  writeProject(project, { files: random.integer(1, options.files), random });
  const to = join(home, 'archives');
  const command = ['archive', 'create', project, '--to', to];
  const calm = await budget(...command);
  const expected = acknowledgement(calm);
  if (!findings.expect(expected !== null, () => `left alone, it failed: ${describeEnd(calm)}`)) return;
  const whole = { archive: readFileSync(expected.archive), sidecar: readFileSync(expected.sidecar) };
  for (let round = 0; round < ROUNDS_A_PROJECT && mayGoOn(); round++) {
    emptied(to);
    if (random.chance(0.3)) await playLimit(command, to, whole.archive.length);
    else await playKill(command, to, calm.duration_ms);
    await checkWhatIsThere(to);
    const again = await budget(...command);
    findings.expect(again.code === 0, () => `after a disturbance it failed: ${describeEnd(again)}`);
    const isSame =
      readFileSync(expected.archive).equals(whole.archive) && readFileSync(expected.sidecar).equals(whole.sidecar);
    findings.expect(isSame, 'after a disturbance the bytes were others');
    findings.expect(readdirSync(to).length === 2, () => `left behind: ${readdirSync(to).join(', ')}`);
    figures.rounds++;
  }
  rmSync(project, { recursive: true });
}

async function playKill(command, to, usual_ms) {
  const ended = await killCommand(command, { random, usual_ms, directory: to });
  findings.expect(!ended.hung, () => `it hung: ${describeEnd(ended)}`);
  if (ended.signal === 'SIGKILL') {
    figures.killed[ended.way] = (figures.killed[ended.way] ?? 0) + 1;
    return;
  }
  figures.finished++;
  findings.expect(ended.code === 0, () => `not killed, it failed: ${describeEnd(ended)}`);
}

/** A file may have so many bytes and no more, which is how a full disk looks, at a place that is chosen. */
async function playLimit(command, to, archiveBytes) {
  const blocks = random.integer(0, Math.ceil(archiveBytes / BLOCK_BYTES) + 2);
  const ended = await startBudget(command, { fileBlocks: blocks }).ended;
  figures.limited++;
  if (ended.code === 0) return;
  const isTold = ended.code === 5 && /limit on the size of a file is reached/.test(ended.stderr);
  findings.expect(isTold && !hasStackTrace(ended.stderr), () => `a full disk is told as ${describeEnd(ended)}`);
  const left = readdirSync(to).filter((name) => name.includes('.tmp-'));
  findings.expect(left.length === 0, () => `a full disk leaves ${left.join(', ')}`);
}

/** What has the name of an archive is one, whatever happened to who made it. */
async function checkWhatIsThere(to) {
  const names = readdirSync(to);
  figures.leftovers += names.filter((name) => name.includes('.tmp-')).length;
  for (const name of names.filter((each) => !each.startsWith('.'))) {
    if (name.endsWith('.manifest.json')) {
      findings.expect(names.includes(name.replace('.manifest.json', '.tar.gz')), `${name} stands alone`);
      continue;
    }
    figures.archivesLeft++;
    try {
      const { sidecar } = await verifyArchive(join(to, name));
      if (sidecar === 'missing') figures.sidecarsMissing++;
    } catch (error) {
      findings.violation(`an archive that is not whole: ${error.message}`);
    }
  }
}

function emptied(directory) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
}
