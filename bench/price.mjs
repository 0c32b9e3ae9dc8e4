// How fast a call is priced, and how long it takes to the first price after a program starts.
//
//   node bench/price.mjs [rounds]          default 20
//   node bench/price.mjs --calls 100000    how many calls are priced in one turn, default 50000
import { readSizes } from './lib/options.mjs';
import { pricingPrograms } from './lib/pricing-programs.mjs';
import { loadPeer, loadPricing } from './lib/pricing-sides.mjs';
import { printConditions, printGoal, printTable, withCommas } from './lib/print.mjs';
import { timed } from './lib/processes.mjs';
import { measureInRounds, median, warmUpRounds } from './lib/rounds.mjs';

const FIRST_PRICE_ADDS_AT_MOST_MS = 30;
const AS_FAST_AS_PEER = 1;
const CALLS_PER_SECOND_AT_LEAST = 1_000_000;
const MS_PER_SECOND = 1000;

const { rounds, calls } = readSizes({ rounds: 20, calls: 50_000 });

printConditions(`${rounds} rounds`, `${withCommas(calls)} calls`);
reportRates(measureRates([await loadPricing(), await loadPeer()]));
reportStarts(measureStarts(pricingPrograms));

function measureRates(sides) {
  const scenes = sides.map(({ name, priceAll }) => () => {
    const start = performance.now();
    const { priced } = priceAll(calls);
    if (priced !== calls) throw new Error(`${name} priced ${priced} of ${calls} calls.`);
    return (calls / (performance.now() - start)) * MS_PER_SECOND;
  });
  // Both must have done the same work, or their rates say nothing.
  const totals = sides.map(({ priceAll }) => priceAll(1_000).totalUsd);
  if (Math.abs(totals[0] - totals[1]) > 1e-6) throw new Error(`The sides disagree: ${totals.join(' and ')} USD.`);
  const rates = measureInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) });
  return sides.map(({ name }, index) => ({
    name,
    rate: median(rates[index]),
    // Of the ratios within a round, which noise that lasts for longer than a round does not touch.
    ratio: median(rates[index].map((rate, round) => rate / rates[1][round])),
  }));
}

function reportRates(rows) {
  const perSecond = (rate) => Math.round(rate).toString();
  printTable(
    ['on one core', 'calls/s', 'ns/call', 'ratio'],
    rows.map(({ name, rate, ratio }) => [name, perSecond(rate), perSecond(1e9 / rate), ratio.toFixed(2)]),
  );
  printGoal('priceCall', rows[0].rate, { atLeast: CALLS_PER_SECOND_AT_LEAST, unit: ' calls a second', digits: 0 });
  printGoal('priceCall beside calcPrice', rows[0].ratio, { atLeast: AS_FAST_AS_PEER, unit: ' times as fast' });
}

function measureStarts(programs) {
  const scenes = programs.map(({ parameters, answer }) => () => {
    const { elapsedMs, stdout } = timed(parameters);
    if (stdout.trim() !== answer) throw new Error(`\`node ${parameters.join(' ')}\` printed ${stdout.trim()}.`);
    return elapsedMs;
  });
  const times = measureInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) });
  return programs.map(({ name }, index) => ({
    name,
    minMs: Math.min(...times[index]),
    medianMs: median(times[index]),
    addedMs: median(times[index].map((time, round) => time - times[0][round])),
  }));
}

function reportStarts(rows) {
  printTable(
    ['a program that', 'min ms', 'median ms', 'added ms'],
    rows.map(({ name, minMs, medianMs, addedMs }) => [name, ...[minMs, medianMs, addedMs].map((ms) => ms.toFixed(1))]),
  );
  console.log('(added: median of the difference to the first row in the same round)\n');
  const first = rows.at(-1);
  printGoal('the first price adds', first.addedMs, { atMost: FIRST_PRICE_ADDS_AT_MOST_MS, unit: ' ms', digits: 1 });
}
