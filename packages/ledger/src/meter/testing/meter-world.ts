import type { ResponseReading } from '@budget/core';
import { afterThisTest } from '@budget/test-tools/vitest';
import { createLedger, type Ledger } from '../../ledger.js';
import { temporaryStore } from '../../testing/temporary-store.js';
import type { CallRecord, RefusedCallRecord } from '../call-record.js';
import { createMeter, type Meter, type MeterOptions } from '../meter.js';
import type { CallPrice, MeteredRequest, RequestBounds } from '../metered-request.js';

/** What a token costs here. */
const NANO_USD_A_TOKEN = 1000n;
const SCOPE = 'run:1';

export interface MeterWorld {
  readonly ledger: Ledger;
  readonly meter: Meter;
  readonly calls: CallRecord[];
  readonly refusals: RefusedCallRecord[];
  readonly lines: string[];
  /** What was booked and is held on the scope. */
  spent(): Promise<{ nanoUsd: bigint; held: bigint; calls: bigint }>;
}

/** A meter on a ledger in a real file, with a price and bounds that are easy to reckon with. */
export async function meterWorld(options: Partial<MeterOptions> & { limitNanoUsd?: bigint } = {}): Promise<MeterWorld> {
  const { limitNanoUsd, ...given } = options;
  const ledger = createLedger({ store: await temporaryStore() });
  if (limitNanoUsd !== undefined) await ledger.setLimit({ scope: SCOPE, unit: 'nanoUsd', limit: limitNanoUsd });
  const calls: CallRecord[] = [];
  const refusals: RefusedCallRecord[] = [];
  const lines: string[] = [];
  const meter = createMeter({
    ledger,
    scopes: [SCOPE],
    bounds: bytesAsTokens,
    price: tokensTimesPrice,
    log: (line) => lines.push(line),
    observer: { finished: (call) => calls.push(call), refused: (call) => refusals.push(call) },
    ...given,
  });
  afterThisTest(() => meter.idle());
  return {
    ledger,
    meter,
    calls,
    refusals,
    lines,
    async spent() {
      const usage = (await ledger.readScope(SCOPE))?.usage ?? [];
      const of = (unit: string) => usage.find((each) => each.unit === unit);
      return { nanoUsd: of('nanoUsd')?.used ?? 0n, held: of('nanoUsd')?.held ?? 0n, calls: of('calls')?.used ?? 0n };
    },
  };
}

function bytesAsTokens(
  { body }: MeteredRequest,
  { maxOutputTokens }: { maxOutputTokens?: number } = {},
): RequestBounds {
  const { model = '', max_tokens = 100, n = 1 } = body as { model?: string; max_tokens?: number; n?: number };
  const promptTokens = Buffer.byteLength(JSON.stringify((body as { messages?: unknown }).messages ?? ''));
  const most = maxOutputTokens ?? max_tokens;
  const isPriced = model !== 'unpriced';
  return {
    model,
    promptTokens,
    maxOutputTokens: most,
    answers: n,
    priceVersion: isPriced ? 'test' : null,
    warnings: [],
    costNanoUsd: isPriced ? NANO_USD_A_TOKEN * BigInt(promptTokens + most * n) : null,
  };
}

function tokensTimesPrice({
  reading,
  requestModel,
}: {
  reading: ResponseReading;
  requestModel: string | null;
}): CallPrice {
  const { tokens, serviceTier } = reading.usage;
  const model = reading.model ?? requestModel ?? '';
  const isPriced = tokens !== null && requestModel !== 'unpriced';
  const costNanoUsd = isPriced ? NANO_USD_A_TOKEN * BigInt(tokens.promptTokens + tokens.completionTokens) : null;
  return {
    model,
    serviceTier,
    costNanoUsd,
    economicCostNanoUsd: costNanoUsd,
    costSource: isPriced ? 'rates' : 'unknown',
    priceVersion: isPriced ? 'test' : null,
  };
}
