// A project plans a run, a program runs under a budget, and its organisation learns what that cost: all three layers, put
// together by the command. The provider is a recording, and the hub runs on this machine.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const home = mkdtempSync(join(tmpdir(), 'budget-example-'));
const project = join(home, 'acme', 'infospaces', 'capitals');
const program = [process.execPath, here('../exec-typescript/dist/ask-by-fetch.js')];

// 1. The organisation's hub. Its address comes from whoever runs the command, never from the project.
const hub = spawn(
  process.execPath,
  [here('../../apps/hub/dist/bin.js'), '--port', '0', '--database', join(home, 'hub.db')],
  { stdio: ['ignore', 'inherit', 'pipe'] },
);
try {
  const hubUrl = await addressIn(hub.stderr);
  await planRunTell(hubUrl);
} finally {
  hub.kill();
}

/** @param {string} hubUrl */
async function planRunTell(hubUrl) {
  // 2. The project: what it may spend in its life, and what it plans to spend.
  budget(hubUrl, 'init', project);
  writeFileSync(join(project, 'budget.yaml'), 'budget:\n  max_usd: 1\n');
  const plan = { total_provider_calls_estimate: 5, total_prompt_tokens_estimate: 300, estimated_cost_usd: 0.002 };
  writeFileSync(join(home, 'plan.json'), JSON.stringify(plan));
  budget(hubUrl, 'plan', 'record', project, '--from', join(home, 'plan.json'));

  // 3. A program that knows nothing of budgets. The ledger limits its calls, the project keeps them, the hub gets one event.
  console.log('--- the program');
  console.log(budget(hubUrl, 'exec', '--infospace', project, '--max-usd', '0.5', '--', ...program));

  console.log('--- the project');
  console.log(budget(hubUrl, 'status', project, '--format', 'table'));
  console.log('--- the ledger');
  console.log(budget(hubUrl, 'limits', 'list', '--scope-prefix', 'infospace:', '--format', 'table'));
  console.log('--- the hub');
  // An event that the run had no time for would wait; this sends it.
  budget(hubUrl, 'hub', 'flush');
  const summary = await fetch(`${hubUrl}/token-summary?by=infospace`);
  const { groups } = /** @type {{ groups: object[] }} */ (await summary.json());
  console.log(JSON.stringify(groups));
}

/**
 * What a command prints.
 * @param {string} hubUrl
 * @param {string[]} parameters
 */
function budget(hubUrl, ...parameters) {
  const wrapper = [here('../with-recorded-answers.mjs'), '--home', home, 'budget', ...parameters];
  const environment = { ...process.env, BUDGET_HUB_URL: hubUrl, DO_NOT_TRACK: '', BUDGET_DISABLE_HUB_EVENTS: '' };
  const options = { encoding: /** @type {const} */ ('utf8'), env: environment };
  return execFileSync(process.execPath, wrapper, { ...options, stdio: ['ignore', 'pipe', 'inherit'] }).trimEnd();
}

/** @param {import('node:stream').Readable} output */
async function addressIn(output) {
  for await (const line of createInterface(output)) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('The hub ended before it listened.');
}

/** @param {string} path */
function here(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
