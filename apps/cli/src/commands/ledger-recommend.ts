import { randomUUID } from 'node:crypto';
import { CodedError } from '@budget/core';
import { type CandidateAdvice, type Recommendation, recommend } from '@budget/ledger';
import { type CommandResult, text, type View } from '../command-result.js';
import { readSummaries, type SummaryOptions } from '../read-summaries.js';
import { countText } from '../render/amounts.js';
import { costOrUnknown, estimateText, statisticsFields } from '../render/statistics.js';
import type { Terminal } from '../terminal.js';

export interface LedgerRecommendOptions extends SummaryOptions {
  /** Each may be several, with commas between. */
  readonly candidates: readonly string[];
  readonly minQuality?: number;
  readonly maxLoss?: number;
  readonly maxCost?: bigint;
  readonly maxP95?: number;
  readonly explore?: number;
  readonly seed?: string;
  readonly default?: string;
  readonly confidence?: number;
}

/** Which adapter to call for a task, and why. @throws CodedError `recommendation_invalid` */
export async function ledgerRecommend(
  task: string,
  options: LedgerRecommendOptions,
  terminal: Terminal,
): Promise<CommandResult> {
  const candidates = options.candidates.flatMap((names) => names.split(',')).filter((name) => name !== '');
  // Another one each time, so that what is to be explored is.
  const { seed = randomUUID() } = options;
  const { minQuality, maxLoss, maxCost: maxCostNanoUsd, maxP95: maxP95Ms, explore, confidence } = options;
  const request = { task, candidates, minQuality, maxLoss, maxCostNanoUsd, maxP95Ms, explore, seed, confidence };
  const summaries = await readSummaries(task, options, terminal);
  const advice = inOptions(() => recommend({ ...request, default: options.default }, summaries));
  return { value: { ...adviceFields(advice), seed }, view: () => viewOf(advice) };
}

/** Here the fields that it names are options. */
function inOptions(ask: () => Recommendation): Recommendation {
  try {
    return ask();
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    const { code, message, cause } = error;
    const named = Object.entries(optionOf).reduce((text, [field, option]) => text.replaceAll(field, option), message);
    throw new CodedError({ code, kind: 'usage', message: named, cause });
  }
}

const optionOf = {
  minQuality: '--min-quality',
  maxLoss: '--max-loss',
  maxCostNanoUsd: '--max-cost',
  maxP95Ms: '--max-p95',
} as const;

/** Stable keys. */
function adviceFields({ task, adapter, choice, reason, propensity, candidates }: Recommendation) {
  return { task, adapter, choice, reason, propensity, candidates: candidates.map(candidateFields) };
}

function candidateFields(candidate: CandidateAdvice): Record<string, unknown> {
  const { standing, worstLoss, propensity, whyNot } = candidate;
  return { ...statisticsFields(candidate), standing, worst_loss: worstLoss, propensity, why_not: whyNot };
}

function viewOf({ adapter, reason, propensity, candidates }: Recommendation): View {
  return [
    text(`${adapter}: ${reason}`),
    {
      kind: 'table',
      columns: [
        { name: 'candidate' },
        { name: 'standing' },
        { name: 'calls', align: 'right' },
        { name: 'judged', align: 'right' },
        { name: 'quality' },
        { name: 'a completed call', align: 'right' },
        { name: 'taken', align: 'right' },
        { name: 'why not' },
      ],
      rows: candidates.map((each) => [
        ...[
          each.adapter,
          each.standing.replace('_', ' '),
          countText(each.observations),
          countText(each.quality.judged),
        ],
        ...[estimateText(each.quality), costOrUnknown(each.cost.economicPerCompletedNanoUsd)],
        ...[percentText(each.propensity), each.whyNot ?? ''],
      ]),
    },
    text(`It was taken with a probability of ${percentText(propensity)}.`),
  ];
}

function percentText(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
