import { ledgerModule } from '../built.mjs';
import { callsOn, meteredLedger, SCOPES } from './metered-ledger.mjs';
import { meteredPrices } from './metered-prices.mjs';
import { CALL_PATH, recordedAnswers, requestBody } from './recorded-answers.mjs';

const URL_OF_CALL = `https://api.openai.com${CALL_PATH}`;
const ORDER = ['fetch', 'byHand', 'bounds', 'metered'];

/**
 * What a call takes through `meteredFetch`, and the parts that are not its own: `{ scenes, takeStoreMs, calls, close }`, of the scenes
 * each a cycle: the `fetch` alone, which answers at once; the same with the verbs of a call before and after it by hand, as
 * after a wait for the disk all else takes longer; what it may cost, which the meter asks of a function; and all of it.
 */
export async function fetchScenes(file) {
  const { meteredFetch } = await import(ledgerModule('meter'));
  let inStoreMs = 0;
  const timed =
    (verb) =>
    async (...given) => {
      const startedAtMs = performance.now();
      try {
        return await verb(...given);
      } finally {
        inStoreMs += performance.now() - startedAtMs;
      }
    };
  const { ledger, seen, meter } = await meteredLedger(file, (ledger) => ({
    ...ledger,
    reserve: timed(ledger.reserve),
    settle: timed(ledger.settle),
  }));
  const { json } = recordedAnswers();
  const headers = { 'content-type': 'application/json' };
  const stub = async () => new Response(json, { headers });
  const throughMeter = meteredFetch(stub, meter, { providerOf: () => 'openai' });
  const { bounds } = await meteredPrices();
  const body = requestBody();
  const parsed = JSON.parse(body);
  const init = { method: 'POST', headers, body };
  const held = { tokens: 1020n, nanoUsd: 6_300_000n, calls: 1 };
  const used = { tokens: 120n, nanoUsd: 600_000n, calls: 1 };

  const cycles = {
    async fetch() {
      await (await stub(URL_OF_CALL, init)).text();
    },
    async byHand() {
      const { id } = await seen.reserve({ scopes: SCOPES, amounts: held, isSent: true });
      await (await stub(URL_OF_CALL, init)).text();
      await seen.settle(id, used);
    },
    async bounds() {
      bounds({ provider: 'openai', path: CALL_PATH, body: parsed });
    },
    async metered() {
      await (await throughMeter(URL_OF_CALL, init)).text();
      await meter.idle();
    },
  };
  /** What the ledger took of the last cycles, which is no more than a difference of two noisy figures otherwise. */
  const takeStoreMs = () => {
    const taken = inStoreMs;
    inStoreMs = 0;
    return taken;
  };
  return {
    scenes: ORDER.map((name) => cycles[name]),
    takeStoreMs,
    calls: () => callsOn(ledger),
    close: () => ledger.close(),
  };
}
