export { type Clock, isoTime, systemClock } from './clock.js';
export { CodedError, type CodedErrorOptions, type ErrorKind } from './coded-error.js';
export { divideHalfEven, formatDecimal, parseDecimal, rescale, type ScaledInteger, shortDecimal } from './decimal.js';
export { uuidv7 } from './ids.js';
export { type NamedStore, namedStore } from './named-store.js';
export { instantMs, parseIsoTime } from './parse-iso-time.js';
export { parsedJson } from './parsed-json.js';
export { type ResponseReading, readResponse } from './read-response.js';
export { type ResponseStream, type ResponseStreamOptions, responseStream } from './response-stream.js';
export { separateAnswers, separateStreams } from './separate-answers.js';
export { responseTier, usageTier } from './service-tier.js';
export { type SnakeKeys, snakeKeys } from './snake-keys.js';
export {
  type BilledTokens,
  MAX_TOKENS_PER_CALL,
  noTokens,
  readTokenUsage,
  type TokenUsage,
  type UsageReading,
} from './token-usage.js';
export { noDetails, type TokenDetails } from './usage-details.js';
export { type Fields, field, isFields, text } from './usage-fields.js';
export {
  type AttoUsd,
  formatUsd,
  type NanoUsd,
  type PicoUsdPerMillion,
  parseNanoUsd,
  parsePricePerMillion,
  parsePricePerThousand,
  roundToNanoUsd,
  tokensTimesPrice,
  usdNumber,
} from './usd.js';
export { homeDirectory, userDirectory } from './user-directory.js';
