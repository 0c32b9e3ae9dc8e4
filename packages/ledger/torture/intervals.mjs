#!/usr/bin/env node
import { Findings, print, randomFrom, readOptions } from '@budget/test-tools';
/**
 * Looks at statistics and asks for a recommendation after every single call of many made-up histories, and counts in how
 * many the interval ever missed the truth, and in how many a candidate that is not good enough was ever said to be. Ends
 * with 1 where that happened more often than was promised, by more than chance allows.
 *
 *   node torture/intervals.mjs [--histories 1000] [--calls 2000] [--confidence 0.95] [--seed 1]
 */
import { recommend, taskStatistics } from '../dist/index.js';

const options = readOptions({ histories: 1000, calls: 2000, confidence: 0.95 });
const random = randomFrom(options.seed);
const findings = new Findings();
const startedMs = performance.now();
const alpha = 1 - options.confidence;
/** Of histories that miss: five standard deviations more than the promise. */
const mayMiss = options.histories * alpha + 5 * Math.sqrt(options.histories * alpha * options.confidence);
const MILLION = 1_000_000;

const coin = (chance) => (random.chance(chance) ? MILLION : 0);
const marks = (chance) => [0, 1, 2, 3].reduce((sum) => sum + coin(chance) / 4, 0);
/** What is to be expected of a call, and what it brings. */
const sources = {
  coinsOfAHalf: { expected: () => 0.5, value: coin },
  coinsOfNineTenths: { expected: () => 0.9, value: coin },
  coinsOfAFiftieth: { expected: () => 0.02, value: coin },
  marks: { expected: () => 0.6, value: marks },
  drifting: { expected: (at) => 0.9 - (0.6 * at) / options.calls, value: coin },
};

/** True gaps and means that miss what is asked by a hair: the hardest. */
const questions = {
  losesTooMuch: { rule: { maxLoss: 0.1 }, qualities: { small: 0.695, large: 0.8 } },
  isNotGoodEnough: { rule: { minQuality: 0.7 }, qualities: { small: 0.695, large: 0.8 } },
};

print({ seed: options.seed });
const figures = {};
for (const [name, source] of Object.entries(sources)) count(name, () => missesOnce(source));
for (const [name, question] of Object.entries(questions)) count(name, () => misleadsOnce(question));
findings.finish({
  ...{ histories: options.histories, calls: options.calls, confidence: options.confidence, ...figures },
  seconds: Math.round((performance.now() - startedMs) / 1000),
});

function count(name, happens) {
  let happened = 0;
  for (let history = 0; history < options.histories; history++) if (happens()) happened += 1;
  figures[name] = happened;
  findings.expect(happened <= mayMiss, `${name}: in ${happened} of ${options.histories} histories`);
}

function missesOnce({ expected, value }) {
  const known = summary('small');
  let expectedSum = 0;
  for (let at = 1; at <= options.calls; at++) {
    addCall(known, value(expected(at)), 100);
    expectedSum += expected(at);
    const { lower, upper } = taskStatistics(known, { confidence: options.confidence }).quality;
    if (expectedSum / at < lower || expectedSum / at > upper) return true;
  }
  return false;
}

/** Learns from what it recommends, as a program does. */
function misleadsOnce({ rule, qualities }) {
  const known = [summary('small'), summary('large')];
  const request = { task: 'task', candidates: ['small', 'large'], default: 'large', explore: 0.5, ...rule };
  for (let at = 1; at <= options.calls; at++) {
    const seed = random.integer(0, 2 ** 30);
    const { adapter, candidates } = recommend({ ...request, seed, confidence: options.confidence }, known);
    if (candidates[0].standing === 'proven') return true;
    const taken = known.find((each) => each.adapter === adapter);
    addCall(taken, coin(qualities[adapter]), adapter === 'small' ? 100 : 5_000);
  }
  return false;
}

function addCall(known, millionths, costNanoUsd) {
  known.observations += 1;
  known.completed += 1;
  known.judged += 1;
  known.qualityMillionths += BigInt(millionths);
  known.priced += 1;
  known.economicCostNanoUsd += BigInt(costNanoUsd);
}

function summary(adapter) {
  return {
    ...{ task: 'task', adapter, observations: 0, completed: 0, failed: 0, cancelled: 0, judged: 0, priced: 0 },
    ...{ qualityMillionths: 0n, costNanoUsd: 0n, economicCostNanoUsd: 0n, costSquares: 0n },
    ...{ latency: new Map(), lastSeenMs: 0 },
  };
}
