import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type ResponseReading, responseStream } from '@budget/core';
import { type Answer, allExchanges, type Exchange, keptExchanges, type Replay, startReplay } from '@budget/replay';
import { afterThisTest } from '@budget/test-tools/vitest';
import { describe, expect, test } from 'vitest';
import type { CallRecord } from './call-record.js';
import { createMeteringProxy } from './metering-proxy.js';
import { type MeterWorld, meterWorld } from './testing/meter-world.js';
import { type RawAnswer, rawClient } from './testing/raw-call.js';

// Long form: BUDGET_FUZZ_COUNT=5000 npx vitest run src/meter/recorded-streams.test.ts
// A failed one again: BUDGET_FUZZ_SEED=<seed>, which its failure names.
const seed = Number(process.env['BUDGET_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const count = Number(process.env['BUDGET_FUZZ_COUNT'] ?? 150);
const isLong = process.env['BUDGET_FUZZ_COUNT'] !== undefined;
/** Cut at every byte in the short form. */
const SHORT_BYTES = isLong ? 20_000 : 1500;
const AT_ONCE = 8;

const streams = [...new Map([...keptExchanges(), ...allExchanges()].map((each) => [String(each.body), each])).values()]
  .filter(({ isStream }) => isStream)
  .sort((one, other) => one.body.length - other.body.length);
const rounds = Math.max(1, Math.ceil(count / streams.length));
const tellUnasked: readonly string[] = ['groq', 'openrouter'];
const chats = streams.filter(
  ({ path, provider }) => path.endsWith('/chat/completions') && !tellUnasked.includes(provider),
);

const encodings = [undefined, 'gzip', 'br', 'deflate'] as const;
const encoders = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };
type Encoding = (typeof encodings)[number];

const encoded = (body: Buffer, encoding: Encoding): Buffer =>
  encoding === undefined ? body : encoders[encoding](body);

interface Try {
  readonly exchange: Exchange;
  readonly answer: Answer;
  /** Whether the program asks for the usage of the stream itself. */
  readonly isAsking?: boolean;
}

interface Tried extends Try {
  readonly received: RawAnswer;
  readonly call: CallRecord;
}

describe('every recorded stream, through the proxy', { timeout: 60_000 + count * 200 }, () => {
  test('cut at each event arrives byte for byte and is counted as it says', async () => {
    await expectUnchanged(streams.map((exchange) => ({ exchange, answer: { cuts: 'events' } })));
  });

  test('cut at every byte, where it is short', async () => {
    const short = streams.filter(({ body }) => body.length <= SHORT_BYTES);
    expect(short.length).toBeGreaterThan(3);
    await expectUnchanged(short.map((exchange) => ({ exchange, answer: { cuts: 'bytes' } })));
  });

  test('cut at random, plain and compressed', async () => {
    const random = randomNumbers(seed);
    const tries = inRounds((exchange, round): Try => {
      const encoding = encodings[round % encodings.length];
      const cuts = { seed: random(2 ** 31), largest: 1 + random(2 * usualPart(exchange)) };
      return { exchange, answer: { cuts, ...(encoding && { encoding }) } };
    });
    await expectUnchanged(tries);
  });

  test('without a trace of the usage that only the proxy asked for, however it is cut', async () => {
    const random = randomNumbers(seed);
    const tries = chats.flatMap((exchange) =>
      [{ cuts: 'whole' as const }, ...encodings.map((encoding) => ({ encoding }))].map((answer): Try => {
        const cuts = { seed: random(2 ** 31), largest: 1 + random(300) };
        const { encoding = undefined, ...others } = { cuts, ...answer } as Answer & { encoding?: Encoding };
        return { exchange, isAsking: false, answer: { ...others, ...(encoding && { encoding }) } };
      }),
    );
    const { tried } = await tryAll(tries);
    const first = new Map<Exchange, Buffer>();
    for (const { exchange, received, call } of tried) {
      const shown = first.get(exchange) ?? received.bytes;
      first.set(exchange, shown);
      expect(received.bytes.equals(shown), exchange.id).toBe(true);
      expectTold(call, exchange, readingOf(exchange.body));
    }
  });

  test('broken off at random is counted by what came, flagged, and holds nothing', async () => {
    const random = randomNumbers(seed);
    const tries = inRounds((exchange, round): Try => {
      const encoding = encodings[round % encodings.length];
      const breakAfterBytes = random(encoded(exchange.body, encoding).length + 1);
      const cuts = { seed: random(2 ** 31), largest: 1 + random(2 * usualPart(exchange)) };
      return { exchange, answer: { breakAfterBytes, cuts, ...(encoding && { encoding }) } };
    });
    const { tried, world } = await tryAll(tries);
    for (const { exchange, answer, received, call } of tried) {
      const where = `${exchange.id} ${JSON.stringify(answer)}, seed ${seed}`;
      const bytes = encoded(exchange.body, answer.encoding).subarray(0, answer.breakAfterBytes);
      expect(received.isBroken, where).toBe(true);
      expect(received.bytes.equals(bytes), where).toBe(true);
      expect(call, where).toMatchObject({ status: 'failed', isEstimated: true });
      const whole = readingOf(exchange.body).usage.tokens;
      const { promptTokens, completionTokens } = call.tokens;
      expect(promptTokens, where).toBeGreaterThan(0);
      if (!call.usageMissing) expect(promptTokens, where).toBeLessThanOrEqual(whole?.promptTokens ?? 0);
      // By its bytes, of which a text has rather more a token; where no text came, all that was set aside.
      expect(completionTokens, where).toBeLessThanOrEqual(Math.max(exchange.body.length, MOST_TOKENS));
      if (call.usageMissing && completionTokens === 0) expect.fail(`${where}: counted as nothing`);
    }
    await expectBooked(world, tried);
  });
});

const MOST_TOKENS = 5000;
const question = { model: 'm', max_tokens: MOST_TOKENS, stream: true, messages: [{ role: 'user', content: 'hello' }] };

async function tryAll(tries: readonly Try[]): Promise<{ tried: readonly Tried[]; world: MeterWorld }> {
  const replay: Replay = await startReplay({
    // The answer is chosen by the number of the try, which the proxy has no reason to touch.
    answer({ headers }) {
      const { exchange, answer } = tries[Number(headers['x-try'])] as Try;
      return { exchange, usage: 'as-recorded', ...answer };
    },
  });
  afterThisTest(() => replay.close());
  const world = await meterWorld({ limitNanoUsd: 10n ** 15n });
  const providers = [...new Set(tries.map(({ exchange }) => exchange.provider))];
  const proxy = await createMeteringProxy({
    meter: world.meter,
    upstreams: Object.fromEntries(providers.map((provider) => [provider, { provider, url: replay.urlOf(provider) }])),
  });
  afterThisTest(() => proxy.close());
  const ask = rawClient();
  const answers: RawAnswer[] = [];
  const work = tries.entries();
  const worker = async (): Promise<void> => {
    for (const [index, { exchange, isAsking = true }] of work) {
      const headers = {
        'x-try': String(index),
        'x-budget-task': String(index),
        'accept-encoding': 'gzip, br, deflate',
      };
      const body = isAsking ? { ...question, stream_options: { include_usage: true } } : question;
      answers[index] = await ask(`${proxy.url(exchange.provider)}${exchange.path}`, headers, body);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await world.meter.idle();
  const calls = new Map(world.calls.map((call) => [Number(call.tags.task), call]));
  expect(world.calls).toHaveLength(tries.length);
  const tried = tries.map((each, index) => ({
    ...{ ...each, received: answers[index] as RawAnswer, call: calls.get(index) as CallRecord },
  }));
  return { tried, world };
}

async function expectUnchanged(tries: readonly Try[]): Promise<void> {
  const { tried, world } = await tryAll(tries);
  for (const { exchange, answer, received, call } of tried) {
    const where = `${exchange.id} ${JSON.stringify(answer)}, seed ${seed}`;
    expect([received.status, received.isBroken], where).toEqual([exchange.status, false]);
    expect(received.bytes.equals(encoded(exchange.body, answer.encoding)), where).toBe(true);
    expectTold(call, exchange, readingOf(exchange.body));
  }
  await expectBooked(world, tried);
}

function expectTold(call: CallRecord, { id }: Exchange, { usage, rawUsage, isPartial, model }: ResponseReading): void {
  const isTold = usage.tokens !== null && !isPartial;
  expect(call, id).toMatchObject({ rawUsage, responseModel: model, usageMissing: usage.tokens === null });
  expect(call.isEstimated, id).toBe(!isTold);
  if (isTold) expect(call.tokens, id).toEqual(usage.tokens);
}

/** What the ledger has is what the calls say, and nothing is held any more. */
async function expectBooked(world: MeterWorld, tried: readonly Tried[]): Promise<void> {
  let nanoUsd = 0n;
  for (const { call } of tried) nanoUsd += call.costNanoUsd ?? 0n;
  expect(await world.spent()).toEqual({ nanoUsd, held: 0n, calls: BigInt(tried.length) });
}

/** Each part is a write of its own, which takes time: some thousands in the long form. */
function usualPart({ body }: Exchange): number {
  return Math.ceil(body.length / (isLong ? 3000 : 60));
}

function inRounds(make: (exchange: Exchange, round: number) => Try): Try[] {
  return Array.from({ length: rounds }, (_, round) =>
    streams.map((exchange, index) => make(exchange, round + index)),
  ).flat();
}

function readingOf(body: Buffer): ResponseReading {
  const stream = responseStream();
  stream.push(body);
  return stream.end();
}

/** Whole numbers from 0 to below a limit, the same for the same seed. */
function randomNumbers(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
