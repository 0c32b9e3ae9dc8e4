// Reserves and settles for a while on one ledger, as one of several processes, and prints how many times and how long the
// longest took. It begins when a line comes in, so that all begin together.
//
//   node reserve-in-turns.mjs ours|bare <file> <milliseconds>
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { bareLedger } from '../lib/reservations/bare-ledger.mjs';
import { ourLedger, reserveAndSettle } from '../lib/reservations/our-ledger.mjs';

const [side, file, milliseconds] = process.argv.slice(2);
const cycle = side === 'ours' ? await ours() : bare();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const endsAtMs = performance.now() + Number(milliseconds);
let cycles = 0;
let longestMs = 0;
while (performance.now() < endsAtMs) {
  const startedAtMs = performance.now();
  await cycle();
  longestMs = Math.max(longestMs, performance.now() - startedAtMs);
  cycles += 1;
  // As a program with other work would: streams that are read, requests that come in.
  await new Promise(setImmediate);
}
delay.disable();
process.stdout.write(`${JSON.stringify({ cycles, longestMs, heldMs: delay.max / 1e6 })}\n`);
process.exit();

async function ours() {
  const ledger = await ourLedger(file);
  return () => reserveAndSettle(ledger);
}

function bare() {
  const ledger = bareLedger(file);
  let count = 0;
  return () => {
    const id = `${process.pid}-${count++}`;
    ledger.reserve(id, 100_000);
    ledger.settle(id, 100_000, 90_000);
  };
}
