// Runs tell a hub that is killed and started anew at random. After a flush every run's event is in the hub exactly once.
//
//   node torture/hub-restarts.mjs [--runs 2000] [--seed …] [--at-once 4] [--keep]
//     [--hub 'node torture/programs/stand-in-hub.mjs --port {port} --file {directory}/hub.jsonl']
//     [--summary /token-summary] [--count events]
//
// The hub is a command: {port} and {directory} stand for where it is to listen and keep its data. What it knows is asked for
// at the path --summary; --count is where the number of events stands in the answer, such as totals.runs.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom } from '@budget/test-tools';
import { restartingHub } from './lib/restarting-hub.mjs';
import { runNode } from './lib/run-node.mjs';
import { newRunId } from './programs/run-facts.mjs';

const program = (name) => new URL(`./programs/${name}.mjs`, import.meta.url).pathname;
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'at-once': { type: 'string', default: '4' },
    hub: {
      type: 'string',
      default: `${process.execPath} ${program('stand-in-hub')} --port {port} --file {directory}/hub.jsonl`,
    },
    summary: { type: 'string', default: '/token-summary' },
    count: { type: 'string', default: 'events' },
    keep: { type: 'boolean', default: false },
  },
});
const [runs, atOnce] = [Number(values.runs), Number(values['at-once'])];
const random = randomFrom(Number(values.seed));
console.error(`seed ${values.seed}, ${runs} runs, ${atOnce} at once`);

const directory = mkdtempSync(join(tmpdir(), 'budget-hub-torture-'));
const hub = await restartingHub({ command: values.hub, directory, random });
const environment = { ...process.env, BUDGET_HUB_URL: hub.url, XDG_STATE_HOME: directory, DO_NOT_TRACK: '' };
const outcomes = { sent: 0, queued: 0, dropped: 0, disabled: 0 };
try {
  hub.beginKilling();
  const left = Array.from({ length: runs }, () => newRunId());
  // Each process is a few runs, so that starting it does not take most of the time.
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left.length > 0) {
        const results = await runNode([program('emit-runs'), ...left.splice(0, random.integer(1, 8))], environment);
        for (const { status } of results) outcomes[status] += 1;
      }
    }),
  );
  await hub.endKilling();
  const flushes = await Promise.all(Array.from({ length: 3 }, () => runNode([program('flush')], environment)));
  const inHub = values.count.split('.').reduce((value, key) => value?.[key], await hub.ask(values.summary));
  const waiting = readdirSync(join(directory, 'budget', 'outbox')).filter((name) => /^[0-9a-f]{8}-/.test(name)).length;
  const flushed = flushes.flat().reduce((sum, { sent }) => sum + sent, 0);
  const isRight = Number(inHub) === runs && waiting === 0;
  console.log(
    JSON.stringify({ seed: Number(values.seed), runs, kills: hub.kills(), ...outcomes, flushed, inHub, waiting }),
  );
  process.exitCode = isRight ? 0 : 1;
} finally {
  await hub.close();
  if (!values.keep) rmSync(directory, { recursive: true, force: true });
}
