#!/usr/bin/env node
/**
 * Prices millions of small calls and adds them up, with the built package. Ends with 1 when the sum is further than half a
 * nano-USD a call from the exact product, or is another one in another order.
 *
 *   node torture/ten-million-calls.mjs [--calls 10000000] [--seed 1]
 *
 * The exact product is computed apart from the package: tokens are counted for each model, part and tier, and multiplied
 * at the end by the prices in the data of genai-prices, with bigints.
 */
import { parseArgs } from 'node:util';
import { waitForUpdate } from '@pydantic/genai-prices';
import { bundledPrices, priceCall } from '../dist/pricing.js';

const { values: given } = parseArgs({
  options: {
    calls: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const callCount = wholeNumber('calls', given.calls, 1, 50_000_000);
const seed = wholeNumber('seed', given.seed, 0, 2 ** 32 - 1);

const AT_MS = Date.parse('2026-09-23T12:00:00Z');
const DECIMALS_OF_PRICE = 20;
// Tokens × a price of 20 decimals per million.
const UNITS_IN_NANO = 10n ** BigInt(DECIMALS_OF_PRICE + 6 - 9);
/** Of the calls of a model that has a threshold for long prompts, one in so many is beside it or exactly there. */
const ONE_LONG_IN = 1_000;

const book = await bundledPrices();
const models = tokenModels(await waitForUpdate());

const first = addUp((call) => call);
// Every call once, in an order that jumps about: a stride without a common divisor.
const stride = strideFor(callCount);
const second = addUp((call) => (call * stride + 7) % callCount);

const exact = exactProduct(first.tokens);
const apart = absolute(first.nano * UNITS_IN_NANO - exact);
const isNear = apart * 2n <= UNITS_IN_NANO * BigInt(callCount);
const isSame = first.nano === second.nano && exact === exactProduct(second.tokens);

const rows = [
  ['calls', callCount.toLocaleString('en-US')],
  ['seed', String(seed)],
  ['models', String(models.length)],
  ['calls with long prompts', first.longCalls.toLocaleString('en-US')],
  ['exact product, USD', usd(exact, UNITS_IN_NANO * 1_000_000_000n)],
  ['sum of the calls, USD', usd(first.nano, 1_000_000_000n)],
  ['apart, nano-USD', usd(apart, UNITS_IN_NANO)],
  ['allowed, nano-USD', usd(BigInt(callCount), 2n)],
  ['in another order, USD', usd(second.nano, 1_000_000_000n)],
  ['each rounded to 6 decimals, USD', usd(first.micro, 1_000_000n)],
  ['summed as 32-bit floats, USD', String(first.float32)],
  ['calls a second', Math.round(callCount / first.elapsedS).toLocaleString('en-US')],
];
const width = Math.max(...rows.map(([name]) => name.length));
for (const [name, figure] of rows) process.stdout.write(`${name.padEnd(width)}  ${figure}\n`);
if (!isNear) process.stdout.write('The sum is further from the exact product than rounding each call once allows.\n');
if (!isSame) process.stdout.write('In another order the sum is another one.\n');
process.exitCode = isNear && isSame ? 0 : 1;

/** Models with prices of tokens that hold at any time. */
function tokenModels(providers) {
  const known = providers.flatMap(({ id, models: all }) =>
    all.flatMap(({ id: model, prices }) => {
      if (Array.isArray(prices) || (prices.input_mtok === undefined && prices.output_mtok === undefined)) return [];
      const tiers = Object.values(prices).flatMap((price) => price.tiers ?? []);
      const thresholds = [...new Set(tiers.map(({ start }) => start))];
      if (thresholds.length > 1) throw new Error(`${id} ${model} has several thresholds.`);
      return [{ provider: id, model, prices, threshold: thresholds[0] ?? null }];
    }),
  );
  if (known.length < 1000) throw new Error(`Only ${known.length} models have prices.`);
  return known;
}

function addUp(orderOf) {
  const start = performance.now();
  // For each model, below and above its threshold: plain, cached, written, completion, calls.
  const tokens = models.map(() => [new Float64Array(5), new Float64Array(5)]);
  let nano = 0n;
  let micro = 0n;
  let longCalls = 0;
  const float32 = new Float32Array(1);
  for (let position = 0; position < callCount; position++) {
    const random = randomFrom(seed, orderOf(position));
    const index = random() % models.length;
    const { provider, model, threshold } = models[index];
    const cached = random() % 40;
    const written = random() % 20;
    const isLong = threshold !== null && random() % ONE_LONG_IN === 0;
    const plain = isLong ? threshold - cached - written + (random() % 3) - 1 : random() % 200;
    const completion = random() % 60;
    const { costNanoUsd } = priceCall(
      {
        provider,
        model,
        tokens: {
          promptTokens: plain + cached + written,
          completionTokens: completion,
          cachedPromptTokens: cached,
          cacheWriteTokens: written,
          reasoningTokens: 0,
        },
        atMs: AT_MS,
      },
      book,
    );
    nano += costNanoUsd;
    micro += (costNanoUsd + 500n) / 1_000n;
    float32[0] += Number(costNanoUsd) / 1e9;
    if (isLong) longCalls++;
    const counted = tokens[index][threshold !== null && plain + cached + written > threshold ? 1 : 0];
    counted[0] += plain;
    counted[1] += cached;
    counted[2] += written;
    counted[3] += completion;
    counted[4] += 1;
  }
  return { nano, micro, longCalls, tokens, float32: float32[0], elapsedS: (performance.now() - start) / 1000 };
}

function exactProduct(tokens) {
  let sum = 0n;
  for (const [index, { prices }] of models.entries()) {
    for (const [step, counted] of tokens[index].entries()) {
      const [plain, cached, written, completion, calls] = Array.from(counted, BigInt);
      sum += plain * priceOf(prices, step, 'input_mtok');
      sum += cached * priceOf(prices, step, 'cache_read_mtok', 'input_mtok');
      sum += written * priceOf(prices, step, 'cache_write_mtok', 'input_mtok');
      sum += completion * priceOf(prices, step, 'output_mtok');
      sum += calls * 1_000n * priceOf(prices, step, 'requests_kcount');
    }
  }
  return sum;
}

/** The first of these prices that there is, with 20 decimals. */
function priceOf(prices, step, ...keys) {
  const price = prices[keys.find((key) => prices[key] !== undefined)] ?? 0;
  const number = typeof price === 'number' ? price : step === 0 ? price.base : price.tiers[0].price;
  const [whole, fraction = ''] = String(number).split('.');
  if (!/^\d+$/.test(whole + fraction)) throw new Error(`A price in another notation: ${number}`);
  return BigInt(whole + fraction.padEnd(DECIMALS_OF_PRICE, '0'));
}

/** Numbers of 32 bits that depend on the seed and the number of the call alone: mulberry32. */
function randomFrom(start, call) {
  let state = (Math.imul(start, 0x9e3779b1) ^ Math.imul(call + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

function strideFor(count) {
  const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
  let candidate = Math.floor(count * 0.618) | 1;
  while (divisor(candidate, count) !== 1) candidate += 2;
  return candidate;
}

function usd(amount, unit) {
  const decimals = 12;
  const scaled = (amount * 10n ** BigInt(decimals)) / unit;
  const digits = scaled.toString().padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/\.?0+$/, '');
}

function absolute(amount) {
  return amount < 0n ? -amount : amount;
}

function wholeNumber(name, text, least, most) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(`--${name} takes a whole number from ${least} to ${most}, not "${text}".`);
}
