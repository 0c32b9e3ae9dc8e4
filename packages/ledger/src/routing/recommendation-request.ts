import { InvalidFieldError } from '../invalid-field-error.js';
import { shown } from '../shown.js';
import { DEFAULT_CONFIDENCE } from './task-statistics.js';

/** What is asked of `recommend`. One of `minQuality` and `maxLoss` says what is good enough. */
export interface RecommendationRequest {
  readonly task: string;
  /** Adapters, each once; 100 at most. */
  readonly candidates: readonly string[];
  /** 0 to 1. Good enough is whose mean quality is shown to be this at least. */
  readonly minQuality?: number | undefined;
  /** 0 to 1. Good enough is whose mean quality is shown to be at most this much below that of the best candidate. */
  readonly maxLoss?: number | undefined;
  /** Of a completed call, without cache hits: nano-USD. */
  readonly maxCostNanoUsd?: number | bigint | undefined;
  readonly maxP95Ms?: number | undefined;
  /** From 0 to less than 1: the share of calls that may go to candidates of which more should be learned. Default: 0.1. */
  readonly explore?: number | undefined;
  /** Another for every call, such as its id: the same seed makes the same choice. Not needed where `explore` is 0. */
  readonly seed?: string | number | undefined;
  /** The candidate that is taken while too little is known. Default: the first. */
  readonly default?: string | undefined;
  /** With this probability nothing that is not good enough is ever said to be, in all calls on this task. Default: 0.95. */
  readonly confidence?: number | undefined;
}

/** `minQuality` and `maxLoss` as one. */
export type QualityRule = { readonly minQuality: number } | { readonly maxLoss: number };

export interface CheckedRequest {
  readonly task: string;
  readonly candidates: readonly string[];
  readonly rule: QualityRule;
  readonly maxCostNanoUsd: bigint | null;
  readonly maxP95Ms: number | null;
  readonly explore: number;
  readonly seed: string;
  readonly default: string;
  readonly confidence: number;
}

const DEFAULT_EXPLORE = 0.1;
const MAX_CANDIDATES = 100;
const MAX_NAME_LENGTH = 500;

/** @throws CodedError `recommendation_invalid`, naming the field. */
export function checkedRequest(request: RecommendationRequest): CheckedRequest {
  if (typeof request !== 'object' || request === null) {
    throw invalid(
      '',
      "What is asked is an object such as { task: 'summarise', candidates: ['small', 'large'], maxLoss: 0.05 }.",
    );
  }
  const { explore = DEFAULT_EXPLORE, confidence = DEFAULT_CONFIDENCE } = request;
  if (!isName(request.task)) throw invalid('task', `task is ${shown(request.task)}, which is no name.`);
  const candidates = checkedCandidates(request.candidates);
  if (!(isNumber(explore) && explore >= 0 && explore < 1)) {
    throw invalid('explore', `explore is ${shown(explore)}, which is no share from 0 to less than 1.`);
  }
  // Below a half no bound would be worth its name; at 1 none would ever say anything.
  if (!(isNumber(confidence) && confidence >= 0.5 && confidence <= 1 - 1e-9)) {
    throw invalid('confidence', `confidence is ${shown(confidence)}, which is no probability from 0.5 to 0.999999999.`);
  }
  return {
    task: request.task,
    candidates,
    explore,
    confidence,
    rule: checkedRule(request),
    maxCostNanoUsd: checkedCost(request.maxCostNanoUsd),
    maxP95Ms: checkedLatency(request.maxP95Ms),
    seed: checkedSeed(request.seed, explore),
    default: checkedDefault(request.default, candidates),
  };
}

function checkedCandidates(given: unknown): readonly string[] {
  const isList = Array.isArray(given) && given.length > 0 && given.length <= MAX_CANDIDATES && given.every(isName);
  if (isList && new Set(given).size === given.length) return [...given];
  throw invalid('candidates', `candidates are a list of 1 to ${MAX_CANDIDATES} names of adapters, each once.`);
}

function checkedRule({ minQuality, maxLoss }: RecommendationRequest): QualityRule {
  if ((minQuality === undefined) === (maxLoss === undefined)) {
    throw invalid('minQuality', 'Name one of minQuality and maxLoss: what is good enough.');
  }
  if (minQuality !== undefined) return { minQuality: checkedShare('minQuality', minQuality) };
  return { maxLoss: checkedShare('maxLoss', maxLoss) };
}

function checkedShare(what: string, given: unknown): number {
  if (isNumber(given) && given >= 0 && given <= 1) return given;
  throw invalid(what, `${what} is ${shown(given)}, which is no number from 0 to 1.`);
}

function checkedCost(given: unknown): bigint | null {
  if (given === undefined) return null;
  if ((typeof given === 'bigint' || Number.isSafeInteger(given)) && (given as bigint) >= 0)
    return BigInt(given as bigint);
  throw invalid('maxCostNanoUsd', `maxCostNanoUsd is ${shown(given)}, which is no whole number from 0 on.`);
}

function checkedLatency(given: unknown): number | null {
  if (given === undefined) return null;
  if (isNumber(given) && given >= 0) return given;
  throw invalid('maxP95Ms', `maxP95Ms is ${shown(given)}, which is no number from 0 on.`);
}

function checkedSeed(given: unknown, explore: number): string {
  if (given === undefined && explore === 0) return '';
  const isSeed = isNumber(given) || (typeof given === 'string' && given !== '' && given.length <= MAX_NAME_LENGTH);
  if (isSeed) return String(given);
  throw invalid(
    'seed',
    'seed is missing: give each call another, such as its id, so that calls are explored in turn. Without exploring (explore: 0) none is needed.',
  );
}

function checkedDefault(given: unknown, candidates: readonly string[]): string {
  if (given === undefined) return candidates[0] as string;
  if (candidates.includes(given as string)) return given as string;
  throw invalid('default', `default is ${shown(given)}, which is none of the candidates.`);
}

function isName(given: unknown): given is string {
  return typeof given === 'string' && given.trim() !== '' && given.length <= MAX_NAME_LENGTH;
}

function isNumber(given: unknown): given is number {
  return typeof given === 'number' && Number.isFinite(given);
}

function invalid(field: string, message: string): InvalidFieldError {
  return new InvalidFieldError({ code: 'recommendation_invalid', message, field });
}
