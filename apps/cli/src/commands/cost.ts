import { costOfReading, type ExchangeCost, type Receipt, receiptOfExchange } from '@budget/infospace/pricing';
import { type Block, type CommandResult, text, type View } from '../command-result.js';
import { pricesAt, providerNamed } from '../prices-at.js';
import { readExchanges } from '../read-exchanges.js';
import { counted, countText, fineCostText } from '../render/amounts.js';
import { partKey } from '../render/price-keys.js';
import { receiptBlocks, receiptFields } from '../render/receipt.js';
import type { Terminal } from '../terminal.js';

export interface CostOptions {
  readonly provider?: string;
  readonly model?: string;
  readonly at?: number;
  readonly receipt?: boolean;
  readonly workspace?: string;
}

/** What recorded responses cost: one row each, in their order. */
export async function cost(files: readonly string[], options: CostOptions, terminal: Terminal): Promise<CommandResult> {
  const prices = await pricesAt(terminal.directory, options.workspace);
  const asked = {
    prices: prices.book,
    providers: prices.bundled,
    nowMs: Date.now(),
    provider: providerNamed(options.provider, prices),
    model: options.model,
    atMs: options.at,
  };
  const warnings = new Set<string>();
  const warn = (told: string): unknown => warnings.add(told);

  async function* pricedExchanges(): AsyncGenerator<ExchangeCost[]> {
    let partial = 0;
    for (const file of files) {
      for await (const exchanges of readExchanges(file, terminal.directory, terminal.stdin, warn)) {
        const batch = Array.from(exchanges, (exchange) => costOfReading(exchange, asked));
        for (const { warnings: told, usagePartial } of batch) {
          for (const { message } of told) warn(message);
          if (usagePartial) partial += 1;
        }
        yield batch;
      }
    }
    if (partial > 0) warn(`${counted(partial, 'stream')} broke off before the end: the figures are lower bounds.`);
  }

  const receiptIn = (priced: ExchangeCost) => (options.receipt === true ? receiptOfExchange(priced) : undefined);

  async function* valueRows(): AsyncGenerator<Row[]> {
    for await (const batch of pricedExchanges()) yield batch.map((priced) => rowOf(priced, receiptIn(priced)));
  }

  async function view(): Promise<View> {
    const rows: Row[] = [];
    const receipts: Block[] = [];
    for await (const batch of pricedExchanges()) {
      for (const priced of batch) {
        const receipt = receiptIn(priced);
        rows.push(rowOf(priced, undefined));
        if (receipt !== undefined) receipts.push(...receiptBlocks(priced, receipt, rows.length));
      }
    }
    return [...table(rows), ...receipts];
  }

  return { value: valueRows(), view, warnings };
}

type Row = ReturnType<typeof rowOf>;

function rowOf(priced: ExchangeCost, receipt: Receipt | null | undefined) {
  const { tokens } = priced;
  return {
    id: priced.id,
    provider: priced.provider,
    model: priced.model,
    at: new Date(priced.atMs).toISOString(),
    prompt_tokens: tokens.promptTokens,
    cached_prompt_tokens: tokens.cachedPromptTokens,
    cache_write_tokens: tokens.cacheWriteTokens,
    completion_tokens: tokens.completionTokens,
    reasoning_tokens: tokens.reasoningTokens,
    usage_missing: priced.usageMissing,
    usage_partial: priced.usagePartial,
    service_tier: priced.serviceTier,
    unpriced_parts: priced.unpricedParts.length === 0 ? none : priced.unpricedParts.map(partKey),
    cost_nano_usd: priced.costNanoUsd,
    economic_cost_nano_usd: priced.economicCostNanoUsd,
    cost_source: priced.costSource,
    price_version: priced.priceVersion,
    ...(receipt === undefined ? {} : { receipt: receipt && receiptFields(receipt) }),
  };
}

const none: readonly string[] = [];

function lacksSomething({ usage_partial, unpriced_parts }: Row): boolean {
  return usage_partial || unpriced_parts.length > 0;
}

function table(rows: readonly Row[]): View {
  if (rows.length === 0) return [text('No response was given.')];
  const total = rows.reduce((sum, { cost_nano_usd }) => sum + (cost_nano_usd ?? 0n), 0n);
  const unknown = rows.filter(({ cost_nano_usd }) => cost_nano_usd === null).length;
  const isLowerBound = unknown > 0 || rows.some(lacksSomething);
  const rest = unknown > 0 ? `, and ${countText(unknown)} of unknown cost` : '';
  return [
    {
      kind: 'table',
      columns: [
        { name: 'response' },
        { name: 'provider' },
        { name: 'model' },
        { name: 'prompt', align: 'right' },
        { name: 'cached', align: 'right' },
        { name: 'written', align: 'right' },
        { name: 'completion', align: 'right' },
        { name: 'cost', align: 'right' },
        { name: 'from' },
      ],
      rows: rows.map((row, index) => {
        const tokens = [row.prompt_tokens, row.cached_prompt_tokens, row.cache_write_tokens, row.completion_tokens];
        return [
          ...[row.id ?? String(index + 1), row.provider, row.model],
          ...tokens.map((count) => (row.usage_missing ? '–' : countText(count))),
          row.cost_nano_usd === null ? 'unknown' : fineCostText(row.cost_nano_usd, lacksSomething(row)),
          row.cost_source,
        ];
      }),
    },
    text(`${counted(rows.length, 'response')}: ${fineCostText(total, isLowerBound)}${rest}`),
  ];
}
