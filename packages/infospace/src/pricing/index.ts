export type {
  AttoUsd,
  BilledTokens,
  NanoUsd,
  PicoUsdPerMillion,
  ResponseReading,
  ResponseStream,
  ResponseStreamOptions,
  TokenDetails,
  TokenUsage,
  UsageReading,
} from '@budget/core';
export { formatUsd, parsePricePerMillion, readResponse, readTokenUsage, responseStream } from '@budget/core';
export type { BundledBook } from './bundled-book.js';
export { bundledPrices } from './bundled-prices.js';
export type { CallPart } from './call-parts.js';
export {
  type CostOptions,
  costOfExchange,
  costOfReading,
  type Exchange,
  type ExchangeCost,
  modelInPath,
  type ReadExchange,
  readRecordedResponse,
  receiptOfExchange,
} from './cost-of-exchange.js';
export {
  DEFAULT_OUTPUT_LIMIT,
  type EstimateOptions,
  estimateRequest,
  type RequestEstimate,
} from './estimate-request.js';
export type { LongContextTier, PartPrices, Price, PricedPart, PriceSource, TierMultiplier } from './price.js';
export { layeredBook, type PriceBook } from './price-book.js';
export { type Call, type CallCost, costByPrice, priceCall, type Unpriced } from './price-call.js';
export { type PriceWarning, type PriceWarningKind, partNames } from './price-warnings.js';
export { attoText, priceText, type Receipt, type ReceiptLine, receiptOf } from './receipt.js';
export { convertPrice, type PriceUnit } from './units.js';
