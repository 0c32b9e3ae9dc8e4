import { costText, counted, countText } from '../render/amounts.js';
import { quantity } from '../render/limit-texts.js';
import type { Tally } from './run-tally.js';

/** Often enough to see it move, and seldom enough to leave the program's own words readable. */
const EVERY_MS = 5000;

/**
 * Says on a terminal how far a run has come, whenever that has changed: in lines of their own, as the program writes to the
 * same terminal. Returns what ends it.
 */
export function showProgress(stderr: NodeJS.WriteStream, tally: Tally, maxNanoUsd: bigint | null): () => void {
  if (stderr.isTTY !== true) return () => {};
  let shown = '';
  const timer = setInterval(() => {
    const line = progressLine(tally, maxNanoUsd);
    if (tally.calls > 0 && line !== shown) stderr.write(`${line}\n`);
    shown = line;
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** `budget: $0.120000 of $5.00 · 14 calls · 23,410 tokens` */
function progressLine(tally: Tally, maxNanoUsd: bigint | null): string {
  const { cost, unpricedCalls, calls, tokens, refusedCalls } = tally;
  const spent = costText(cost, unpricedCalls);
  const limit = maxNanoUsd === null ? '' : ` of ${quantity('nanoUsd', maxNanoUsd)}`;
  const refused = refusedCalls === 0 ? '' : ` · ${countText(refusedCalls)} refused`;
  return `budget: ${spent}${limit} · ${counted(calls, 'call')} · ${countText(tokens)} tokens${refused}`;
}
