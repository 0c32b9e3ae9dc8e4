import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readStream } from 'node:stream/consumers';
import { CodedError, type Fields, isFields } from '@budget/core';
import { estimateRequest } from '@budget/infospace/pricing';
import type { CommandResult } from '../command-result.js';
import { pricesAt, providerAsked } from '../prices-at.js';
import { counted, countText, fineCostText } from '../render/amounts.js';
import type { Terminal } from '../terminal.js';

export interface EstimateCommandOptions {
  readonly model?: string;
  readonly provider?: string;
  readonly strict?: boolean;
  readonly at?: number;
  readonly workspace?: string;
}

/** What a request may cost, before it is sent. */
export async function estimate(
  name: string,
  options: EstimateCommandOptions,
  terminal: Terminal,
): Promise<CommandResult> {
  const request = await readRequest(name, terminal);
  const prices = await pricesAt(terminal.directory, options.workspace);
  const model = options.model ?? (typeof request['model'] === 'string' ? request['model'] : undefined);
  if (model === undefined) {
    throw new CodedError({
      code: 'model_missing',
      kind: 'usage',
      message: 'The request names no model. Say which with --model.',
    });
  }
  const declared = prices.declaredModel(options.provider ?? '', model);
  const atMs = options.at ?? Date.now();
  const provider = providerAsked(options.provider, model, atMs, prices);
  const estimated = estimateRequest(
    request,
    {
      provider,
      model,
      atMs,
      strict: options.strict ?? false,
      maxOutputTokens: declared?.maxOutputTokens ?? null,
    },
    prices.book,
  );
  return {
    value: {
      provider: estimated.provider,
      model,
      prompt_tokens: estimated.promptTokens,
      max_output_tokens: estimated.maxOutputTokens,
      output_limit_from: estimated.outputLimitFrom,
      answers: estimated.answers,
      cost_nano_usd: estimated.costNanoUsd,
      price_version: estimated.priceVersion,
      upper_bound: estimated.isUpperBound,
      warnings: estimated.warnings,
    },
    warnings: estimated.warnings,
    view: () => [
      {
        kind: 'fields',
        fields: [
          ['model', [estimated.provider, model].filter((word) => word !== '').join(' ')],
          [
            'prompt',
            `${counted(estimated.promptTokens, 'token')}, ${estimated.isUpperBound ? 'at most' : 'estimated'}`,
          ],
          ['answer', `${answerText(estimated)} (${limitTexts[estimated.outputLimitFrom]})`],
          ['price', estimated.priceVersion ?? 'unknown'],
          [
            'cost',
            estimated.costNanoUsd === null
              ? 'unknown'
              : `${estimated.isUpperBound ? 'at most ' : 'up to about '}${fineCostText(estimated.costNanoUsd, false)}`,
          ],
        ],
      },
    ],
  };
}

const limitTexts = {
  request: 'as the request says',
  settings: 'as budget.yaml says',
  model: "the model's most",
  default: 'assumed: nothing limits it',
} as const;

function answerText({ answers, maxOutputTokens }: { answers: number; maxOutputTokens: number }): string {
  const each = counted(maxOutputTokens, 'token');
  return answers === 1 ? each : `${countText(answers)} × ${each}`;
}

async function readRequest(name: string, terminal: Terminal): Promise<Fields> {
  const file = name === '-' ? 'standard input' : resolve(terminal.directory, name);
  const refuse = (message: string, cause?: unknown): CodedError =>
    new CodedError({ code: 'request_unreadable', kind: 'input', file, cause, message: `${file} ${message}` });
  const given = await (name === '-' ? readStream(terminal.stdin) : readFile(file, 'utf8')).catch((error: Error) => {
    throw refuse(`cannot be read: ${error.message}`, error);
  });
  let request: unknown;
  try {
    request = JSON.parse(given.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw refuse(`is not JSON: ${(error as Error).message}. Give the body of a request to a provider.`, error);
  }
  if (isFields(request)) return request;
  throw refuse('is not the body of a request: that is a JSON object with messages, input or contents.');
}
