/**
 * Looks at all counters at once, over and over, on a connection of its own and with SQL of its own. Told `stop`, it
 * answers with what it saw.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { openRows } from './ledgers.mjs';

const { place, estimates } = JSON.parse(process.argv[2]);
const PAUSE_MS = 2;
const MAX_KEPT = 20;

const rows = await openRows(place);
// One statement sees one state of the ledger.
const look = `
  SELECT c.scope, c.unit, c.every, c.starts_at_ms, c.used, c.held, c.overrun, l.amount FROM counters c
  LEFT JOIN limits l ON l.scope = c.scope AND l.unit = c.unit AND l.every = c.every AND l.time_zone = c.time_zone`;

const seen = { looks: 0, violationCount: 0, violations: [], peaks: {} };
let isStopped = false;
process.on('message', () => {
  isStopped = true;
});
process.on('disconnect', () => process.exit());
process.send('ready');

while (!isStopped) {
  for (const counter of await rows.all(look)) judge(counter);
  seen.looks += 1;
  await pause(PAUSE_MS);
}
await rows.close();
process.send(seen, () => process.disconnect());

function judge(counter) {
  const { scope, unit, every, starts_at_ms, used, held, overrun, amount } = counter;
  const name = `${scope} ${unit} ${every || 'life'}`;
  const where = `${name} from ${starts_at_ms}: used ${used}, held ${held}, overrun ${overrun} of ${amount}`;
  if (used < 0n || held < 0n || overrun < 0n) report(`negative: ${where}`);
  if (estimates === 'bounds' && overrun !== 0n) report(`an overrun though every hold was an upper bound: ${where}`);
  if (amount === null) return;
  // What nobody had reserved is the only thing that may go beyond a limit.
  if (used - overrun + held > amount) report(`overspent: ${where}`);
  const percent = amount === 0n ? 0 : Number(((used + held) * 1000n) / amount) / 10;
  seen.peaks[name] = Math.max(seen.peaks[name] ?? 0, percent);
}

function report(violation) {
  seen.violationCount += 1;
  if (seen.violations.length < MAX_KEPT) seen.violations.push(violation);
}
