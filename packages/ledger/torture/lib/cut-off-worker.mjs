import { createInterface } from 'node:readline';
import { createLedger } from '../../dist/index.js';
import { postgresStore } from '../../dist/postgres.js';

/** Of a verb. Longer than the server lets a session stand still that holds locks. */
const TIMEOUT_MS = 4000;
const PAUSE_MS = 20;

let ledger = null;
let working = null;
let count = 0;
/** What it was told, and how long the longest verb took since it was asked for this last. */
let told = { settled: 0, refused: 0, failed: 0, longestMs: 0 };

const verbs = {
  async open({ address }) {
    ledger = createLedger({ store: await postgresStore({ connectionString: address, timeoutMs: TIMEOUT_MS }) });
    return 'open';
  },
  /** Reserves and settles a token again and again. */
  work({ scope }) {
    working = { isOver: false, done: null };
    working.done = workOn(scope, working);
    return 'working';
  },
  async rest() {
    working.isOver = true;
    await working.done;
    return 'resting';
  },
  told() {
    const answer = told;
    told = { ...told, longestMs: 0 };
    return answer;
  },
  forget() {
    told = { settled: 0, refused: 0, failed: 0, longestMs: 0 };
    return 'forgotten';
  },
  reserve: ({ request }) => outcomeOf(() => ledger.reserve(request)),
};

async function workOn(scope, mine) {
  while (!mine.isOver) {
    count += 1;
    const id = `${process.pid}-${count}`;
    const startedMs = performance.now();
    const reserved = await outcomeOf(() => ledger.reserve({ id, scopes: [scope], amounts: { tokens: 1 } }));
    // Whoever is not told asks again, with the same id: what was reserved is not to be lost.
    if (reserved === 'done')
      while ((await outcomeOf(() => ledger.settle(id, { tokens: 1 }))) !== 'done') told.failed += 1;
    told.longestMs = Math.max(told.longestMs, performance.now() - startedMs);
    if (reserved === 'done') told.settled += 1;
    else if (reserved === 'budget_exceeded') told.refused += 1;
    else told.failed += 1;
    if (reserved !== 'done') await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function outcomeOf(work) {
  try {
    await work();
    return 'done';
  } catch (error) {
    if (error.code === undefined) throw error;
    return error.code;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { number, verb, ...given } = JSON.parse(line);
  // Not waited for: it is to hear what comes next while it stands still.
  void Promise.resolve(verbs[verb](given)).then((answer) => console.log(JSON.stringify({ number, answer })));
}
process.exit();
