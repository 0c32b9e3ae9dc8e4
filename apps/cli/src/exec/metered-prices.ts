import { type Clock, field, text } from '@budget/core';
import type { Prices } from '@budget/infospace';
import { costOfReading, estimateRequest, modelInPath } from '@budget/infospace/pricing';
import type { AnsweredCall, BoundsOptions, CallPrice, MeteredRequest, RequestBounds } from '@budget/ledger/meter';

export interface MeteredPrices {
  readonly bounds: (request: MeteredRequest, options?: BoundsOptions) => RequestBounds;
  readonly price: (call: AnsweredCall) => CallPrice;
}

export interface MeteredPricesOptions {
  readonly prices: Prices;
  /** Upper bounds rather than likely figures. */
  readonly isStrict: boolean;
  readonly clock: Clock;
  /** Told what is doubtful of an estimate, each thing once for a model. */
  readonly log: (line: string) => void;
}

const MAX_REMARKS = 20;

/** What the project layer's prices say, in the form in which the application layer's meter asks. */
export function meteredPrices({ prices, isStrict, clock, log }: MeteredPricesOptions): MeteredPrices {
  const { book, bundled, declaredModel } = prices;
  const remarks = new Set<string>();
  const remark = (line: string): void => {
    if (remarks.has(line) || remarks.size >= MAX_REMARKS) return;
    remarks.add(line);
    log(line);
  };
  return {
    bounds({ provider, path, body }, { maxOutputTokens } = {}) {
      const model = (text(field(body, 'model')) ?? modelInPath(path)).replace(/^models\//, '');
      const declared = declaredModel(provider, model)?.maxOutputTokens ?? null;
      const options = { provider, model, atMs: clock.nowMs(), strict: isStrict };
      const estimate = estimateRequest(
        body,
        { ...options, maxOutputTokens: declared, answerTokens: maxOutputTokens },
        book,
      );
      for (const warning of estimate.warnings) remark(`${model || path.split('?')[0]}: ${warning}`);
      return estimate;
    },
    price({ provider, host, path, requestModel, reading, atMs }) {
      return costOfReading({ host, path, requestModel, reading }, { prices: book, providers: bundled, provider, atMs });
    },
  };
}
