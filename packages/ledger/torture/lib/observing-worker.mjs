/** Sends calls and judgements, from where it was told an earlier one had come to, and says how far it has come. */
import { once } from 'node:events';
import { randomFrom } from '@budget/test-tools';
import { createObservations } from '../../dist/index.js';
import { openStore } from './ledgers.mjs';
import { judgementOf, observedCall } from './observed-calls.mjs';

const { place, seed } = JSON.parse(process.argv[2]);
const [{ ids, from }] = await once(process, 'message');
const random = randomFrom(seed);
const store = await openStore(place);
const observations = createObservations({ store });

for (let at = from; at < ids.length; ) {
  const batch = ids.slice(at, at + random.integer(1, 60));
  // Some of what was sent before is sent again, as by somebody who does not know that it arrived.
  const again = Array.from({ length: random.integer(0, 5) }, () => ids[random.integer(0, at)]);
  const outcomes = await observations.observe([...batch, ...again].map(observedCall));
  if (outcomes.includes('differs')) throw new Error('a call was taken for another');
  for (const judgement of batch.map(judgementOf).filter((each) => each !== null)) {
    const outcome = await observations.judge(judgement);
    if (outcome !== 'judged' && outcome !== 'known') throw new Error(`a judgement was ${outcome}`);
  }
  at += batch.length;
  process.send(at);
}
await store.close();
process.disconnect();
