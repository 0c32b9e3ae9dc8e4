import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { exportLedger, importLedger } from '../../dist/index.js';
import { openStore } from './ledgers.mjs';

const [verb, place, file] = process.argv.slice(2);
const startedMs = performance.now();
const store = await openStore(JSON.parse(place));
if (verb === 'import') {
  const { discrepancies } = await importLedger(store, createReadStream(file));
  if (discrepancies.length > 0)
    throw new Error(`${discrepancies.length} counters are not the sum of their reservations`);
} else {
  const output = await open(file, 'w');
  await exportLedger(store, (text) => output.appendFile(text));
  await output.close();
}
await store.close();
const maxMib = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(JSON.stringify({ tookMs: Math.round(performance.now() - startedMs), maxMib }));
