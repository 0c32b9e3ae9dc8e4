// A process that spends a budget of one peer, for scenes in which processes share one, or one dies:
//
//   node spend-budget.mjs <scene> <peer> <place and size as JSON>
//
// It opens the budget, says `ready`, waits for a line, does its part and prints what came of it as JSON. `die` says `ready`
// in the middle of its part and waits to be killed. It ends by itself when its standard input does.
import { once } from 'node:events';
import { budgetPeer } from '../lib/budget-peers/index.mjs';
import { spendAfterDeath, spendAtOnce, stopHalfway } from '../lib/budget-scenes.mjs';

const [scene, peerName, parameters] = process.argv.slice(2);
const { size, ...location } = JSON.parse(parameters);
const place = { ...location, beforeSpending: readyAndTold };
const peer = budgetPeer(peerName);
const scenes = {
  'at-once': () => spendAtOnce(peer, place, size),
  'after-death': () => spendAfterDeath(peer, place, size),
};

process.stdin.on('end', () => process.exit());

if (scene === 'die') {
  await stopHalfway(peer, place, size);
  await readyAndTold();
} else {
  console.log(JSON.stringify(await scenes[scene]()));
  process.exit();
}

async function readyAndTold() {
  console.log('ready');
  await once(process.stdin, 'data');
}
