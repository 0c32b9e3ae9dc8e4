import { field, isFields, parseIsoTime, parsePricePerThousand } from '@budget/core';
import * as z from 'zod';
import type { Price } from '../pricing/price.js';
import { tablePrice } from '../pricing/table-price.js';
import { readEditedYaml } from './edited-yaml.js';
import { adviceForEdited, fileProblems, type Problem, refuseNewerSchema } from './problems.js';

const price = z
  .union([z.number(), z.string(), z.bigint()], { error: 'a price is a number of USD per 1,000 tokens, such as 0.0008' })
  .nullish();

const captured = 'captured_at is a date such as 2026-05-17, or an ISO time';

const row = z.looseObject(
  {
    prompt_per_1k: price,
    completion_per_1k: price,
    currency: z.literal('USD', { error: 'only USD is known' }).nullish(),
    source_url: z.string({ error: 'source_url is a text' }).nullish(),
    captured_at: z
      .string({ error: captured })
      .refine((text) => parseIsoTime(text) !== null, { error: captured })
      .nullish(),
  },
  { error: 'a model has a map of prices, such as prompt_per_1k: 0.0008' },
);

const table = z.looseObject(
  { rates: z.record(z.string(), row, { error: 'rates is a map of model to prices' }).nullish() },
  { error: 'a table of prices is a map with rates' },
);

const PRICES = ['prompt_per_1k', 'completion_per_1k'] as const;
/** `input_per_1m`, `promt_per_1k`, `output_cost_per_token`, `inputPerMillion`, `output_mtok` */
const LIKE_A_PRICE = /per[_-]?(?:1|tok|ktok|mill|thousand)|mtok/i;

/**
 * Reads a `model-rates.yaml`. A row in which both prices are missing is skipped; where one of the two is, it is 0.
 *
 * @throws CodedError `file_invalid` (kind `input`) with every problem, its line, and what is allowed; `schema_newer`.
 */
export function parseModelRates(text: string, file: string): Price[] {
  const document = readEditedYaml(text, file);
  if (document.value === null) return [];
  refuseNewerSchema(file, text, field(document.value, 'schema_version'), adviceForEdited);
  const parsed = table.safeParse(document.value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => ({
      path: issue.path.join('.'),
      line: document.lineOf(issue.path),
      message: issue.message,
    }));
    throw fileProblems(file, problems);
  }
  if (Object.keys(parsed.data.rates ?? {}).length === 0) {
    // Models at the top, or under another name. What else a file may say is as good as nothing.
    const misplaced = Object.keys(parsed.data).find((key) => holdsPrices(parsed.data[key]));
    if (misplaced !== undefined) {
      const message = 'prices have no effect here: they belong under rates';
      throw fileProblems(file, [{ path: '', line: document.lineOf([misplaced]), message }]);
    }
  }
  const problems: Problem[] = [];
  const rates: Price[] = [];
  const spelled = new Map<string, string>();
  for (const [model, given] of Object.entries(parsed.data.rates ?? {})) {
    const other = spelled.get(model.toLowerCase());
    if (other !== undefined) {
      const line = document.lineOf(['rates', model]);
      problems.push({
        path: `rates.${model}`,
        line,
        message: `${other} stands in it too, and upper and lower case are the same`,
      });
    }
    spelled.set(model.toLowerCase(), model);
    const missing = PRICES.filter((key) => (given[key] ?? null) === null);
    // A price under another name would be taken for none, and its tokens for free.
    const misnamed = missing.length > 0 && Object.keys(given).find((key) => !isKnown(key) && LIKE_A_PRICE.test(key));
    if (misnamed) {
      const line = document.lineOf(['rates', model, misnamed]);
      const message = `not known, and ${missing.join(' and ')} missing; prices are in USD per 1,000 tokens`;
      problems.push({ path: `rates.${model}.${misnamed}`, line, message });
    }
    if (missing.length === PRICES.length) continue;
    const readPrice = (key: (typeof PRICES)[number]): bigint => {
      const read = parsePricePerThousand(given[key] ?? 0);
      if (read !== null && read.price >= 0n) return read.price;
      const line = document.lineOf(['rates', model, key]);
      problems.push({ path: `rates.${model}.${key}`, line, message: 'a price is a number that is not negative' });
      return 0n;
    };
    rates.push(
      tablePrice({
        model,
        source: 'workspace-rates',
        input: readPrice('prompt_per_1k'),
        output: readPrice('completion_per_1k'),
        sourceUrl: given.source_url ?? null,
        capturedAt: given.captured_at ?? null,
      }),
    );
  }
  if (problems.length > 0) throw fileProblems(file, problems);
  return rates;
}

/** A row, or a map of rows. */
function holdsPrices(value: unknown): boolean {
  return isFields(value) && [value, ...Object.values(value)].some(isLikeARow);
}

function isLikeARow(value: unknown): boolean {
  return isFields(value) && Object.keys(value).some((key) => LIKE_A_PRICE.test(key));
}

const isKnown = (key: string): boolean => Object.hasOwn(row.shape, key);
