// Accuracy against the share of the cheap model, where `recommend` chooses between two and learns from what it sees: on real
// answers, beside the two fixed choices, the chord of random choice and the best per subject in hindsight.
//
//   node bench/routing.mjs                   10 orders of the questions, default
//   node bench/routing.mjs --orders 3        fewer
//   node bench/routing.mjs --laps 10         how often the questions are asked in the long stream, default 10
//   node bench/routing.mjs --questions 500   only the first, default all
//   node bench/routing.mjs --write           puts the tables into docs/routing.md, and the chart beside it
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerModule, repository } from './lib/built.mjs';
import { readSizes } from './lib/options.mjs';
import { printConditions, tellProgress, withCommas } from './lib/print.mjs';
import { randomFrom } from './lib/random.mjs';
import { baselinesOf } from './lib/routing/baselines.mjs';
import { gainInterval } from './lib/routing/bootstrap.mjs';
import { chartOf } from './lib/routing/chart.mjs';
import { readQuestions } from './lib/routing/questions.mjs';
import { replay } from './lib/routing/replay.mjs';
import { markdownTable, withPart } from './lib/routing/table.mjs';

const WRITE = '--write';
const isWritten = process.argv.includes(WRITE);
process.argv = process.argv.filter((given) => given !== WRITE);
const sizes = readSizes({ orders: 10, laps: 10, questions: 1_000_000 });
const { orders, laps } = sizes;
/** The long stream takes so many times longer, and differs less from order to order. */
const longOrders = Math.ceil(orders / laps);

const settings = [
  { maxLoss: 0.05, explore: 0.1 },
  { maxLoss: 0.05, explore: 0.3 },
  { maxLoss: 0.1, explore: 0.3 },
  { maxLoss: 0.2, explore: 0.3 },
  { maxLoss: 0.3, explore: 0.5 },
  { maxLoss: 0.1, explore: 0.5, confidence: 0.5 },
  { minQuality: 0.8, explore: 0.3 },
  { minQuality: 0.7, explore: 0.3 },
  { minQuality: 0.6, explore: 0.3 },
];

const { recommend } = await import(ledgerModule('index'));
const questions = readQuestions().slice(0, sizes.questions);
const baselines = baselinesOf(questions);
const subjects = new Set(questions.map(({ task }) => task)).size;
const strongCost = questions.reduce((total, { costNanoUsd }) => total + costNanoUsd.strong, 0);

printConditions(
  `${withCommas(questions.length)} questions of ${subjects} subjects`,
  `${orders} orders, ${longOrders} of the long stream`,
);
const once = settings.map((setting) => measured(setting, 1, orders));
const long = settings.map((setting) => measured(setting, laps, longOrders));
const tables = { once: table(once), long: table(long) };
console.log(`\nEach question once\n\n${tables.once}\n\nEach question ${laps} times\n\n${tables.long}\n`);
if (isWritten) write();

function measured(setting, turns, seeds) {
  tellProgress(`${settingText(setting)}, ${turns === 1 ? 'once' : `${turns} times`}`);
  const routed = { cheap: new Float64Array(questions.length), right: new Float64Array(questions.length) };
  const gains = [];
  let costNanoUsd = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const run = replay({ recommend, questions, setting, random: randomFrom(seed), laps: turns });
    const share = mean(run.cheap) / turns;
    gains.push(mean(run.right) / turns - baselines.chord(share));
    costNanoUsd += run.costNanoUsd / (seeds * turns);
    for (const { index } of questions) {
      routed.cheap[index] += run.cheap[index] / (seeds * turns);
      routed.right[index] += run.right[index] / (seeds * turns);
    }
  }
  const share = mean(routed.cheap);
  const accuracy = mean(routed.right);
  return {
    ...{ setting, share, accuracy, gain: accuracy - baselines.chord(share), hindsight: baselines.hindsight(share) },
    ...{ interval: gainInterval(questions, routed, randomFrom(1)), orders: [Math.min(...gains), Math.max(...gains)] },
    cost: costNanoUsd / strongCost,
  };
}

function table(rows) {
  const fixed = (name, share) => [name, percent(share), four(baselines.chord(share)), '', '', '', ''];
  return markdownTable(
    ['setting', 'cheap', 'accuracy', 'above the chord (95 %)', 'single orders', 'hindsight', 'cost'],
    [
      [...fixed('the strong model alone', 0).slice(0, -1), '100 %'],
      ...rows.map(({ setting, share, accuracy, gain, interval, orders: [least, most], hindsight, cost }) => [
        settingText(setting),
        percent(share),
        four(accuracy),
        `${points(gain)} (${points(interval.lower)} to ${points(interval.upper)})`,
        `${points(least)} to ${points(most)}`,
        points(hindsight - baselines.chord(share)),
        percent(cost),
      ]),
      [...fixed('the cheap model alone', 1).slice(0, -1), percent(cheapCost() / strongCost)],
    ],
  );
}

function write() {
  const page = join(repository, 'docs', 'routing.md');
  const text = readFileSync(page, 'utf8');
  writeFileSync(page, withPart(withPart(text, 'once', tables.once), 'long', tables.long));
  const series = [
    { name: 'recommend, each question once', points: once },
    { name: `recommend, each question ${laps} times`, points: long },
  ];
  writeFileSync(join(repository, 'docs', 'routing.svg'), chartOf({ baselines, series }));
}

function settingText({ explore, confidence, ...rule }) {
  const [[name, value]] = Object.entries(rule);
  return `\`${name} ${value}\`, \`explore ${explore}\`${confidence === undefined ? '' : `, \`confidence ${confidence}\``}`;
}

function cheapCost() {
  return questions.reduce((total, { costNanoUsd }) => total + costNanoUsd.cheap, 0);
}

function mean(values) {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function points(share) {
  return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(2)}`;
}

function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

function four(value) {
  return value.toFixed(4);
}
