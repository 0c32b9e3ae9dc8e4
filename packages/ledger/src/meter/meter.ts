import { type Clock, CodedError, systemClock, type TokenUsage, uuidv7 } from '@budget/core';
import type { AmountsInput } from '../amounts.js';
import { BudgetExceededError } from '../budget-errors.js';
import { InFlight } from '../in-flight.js';
import type { Ledger } from '../ledger.js';
import { quietLog } from '../threshold-events.js';
import type { BegunCallRecord, CallRecord, RefusalCode, RefusedCallRecord } from './call-record.js';
import type { CallTags } from './call-tags.js';
import { clampedRequest } from './clamped-request.js';
import { limitedUnits } from './limited-units.js';
import { type CallEnvironment, type MeteredCall, meteredCall } from './metered-call.js';
import type { AnsweredCall, BoundsOptions, CallPrice, MeteredRequest, RequestBounds } from './metered-request.js';
import { quietly } from './quietly.js';
import { ridingBookings } from './riding-bookings.js';

export interface MeterOptions {
  readonly ledger: Ledger;
  /** What every call counts on. A function is told of each call, and may make what is missing. */
  readonly scopes: readonly string[] | ((request: MeteredRequest) => readonly string[] | Promise<readonly string[]>);
  /** What a request may use at most. */
  readonly bounds: (request: MeteredRequest, options?: BoundsOptions) => RequestBounds;
  /** What an answered call cost. */
  readonly price: (call: AnsweredCall) => CallPrice;
  /** Of a call that a limit has no room for. `refuse`, the default; `continue`: it is made and counted. */
  readonly onExceed?: 'refuse' | 'continue' | undefined;
  /** Of a call under a limit whose price or size nobody knows. `refuse`, the default; `allow`: it is made, and counted as unpriced. */
  readonly onUnpriced?: 'refuse' | 'allow' | undefined;
  /** Lowers the limit of an answer to what there is room for, instead of refusing the call. Default: no. */
  readonly clamp?: boolean | undefined;
  /** After this long a call that nobody ends, because its process was killed, counts as sent in full. Default: 5 minutes. */
  readonly expiresInMs?: number | undefined;
  readonly observer?: MeterObserver | undefined;
  readonly log?: ((line: string) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** Told of every call. What it throws is logged, and disturbs neither the call nor its booking. */
export interface MeterObserver {
  /** Before the request is sent. */
  readonly begun?: (call: BegunCallRecord) => unknown;
  /** When it is over and before it is booked; a promise is waited for. */
  readonly finished?: (call: CallRecord) => unknown;
  readonly refused?: (call: RefusedCallRecord) => unknown;
}

export type Admission =
  | { readonly status: 'begun'; readonly call: MeteredCall }
  /** It must not be made. `reason` is for people. */
  | { readonly status: 'refused'; readonly code: RefusalCode; readonly reason: string };

export interface LocalHit {
  readonly provider: string;
  readonly model: string;
  readonly tokens: TokenUsage;
  /** What the call would have cost; `null` when nobody knows. */
  readonly economicCostNanoUsd: bigint | null;
  readonly tags?: CallTags;
}

/**
 * Counts calls on limits: what a request may use is set aside before it is sent, and what it did use is booked when its
 * answer ends. It makes no request itself: `meteredFetch` and `createMeteringProxy` do.
 */
export interface Meter {
  /** Sets aside what the request may use. Never rejects: what goes wrong is a refusal. */
  begin(request: MeteredRequest, kind?: 'call' | 'deferred'): Promise<Admission>;
  /** Tells of a call that cannot be made, for a reason that shows before any limit is asked. */
  refuse(request: MeteredRequest, code: RefusalCode, reason: string): void;
  /** Counts an answer from a cache of the program's own: no call, no cost, but what it would have cost. */
  recordLocalHit(hit: LocalHit): void;
  /** Calls that were begun and are not over. */
  readonly openCalls: number;
  /** Resolves when every call that was begun is booked. */
  idle(): Promise<void>;
}

const DEFAULT_EXPIRY_MS = 5 * 60_000;
/** Others take and give room at the same time; after that many tries there is none. */
const MAX_CLAMPS = 5;
const MAX_WAITS = 100;

interface Problem {
  readonly code: RefusalCode;
  readonly reason: string;
}

/** A request with what it may use. */
interface Sized {
  readonly request: MeteredRequest;
  readonly bounds: RequestBounds;
  readonly isSizeKnown: boolean;
  readonly isDeferred: boolean;
}

export function createMeter(options: MeterOptions): Meter {
  const { ledger, onExceed = 'refuse', onUnpriced = 'refuse', clamp = false } = options;
  const { clock = systemClock, expiresInMs = DEFAULT_EXPIRY_MS, observer = {} } = options;
  const log = quietLog(options.log ?? (() => {}));
  const open = new InFlight<MeteredCall>();
  const finishing = new InFlight<MeteredCall>();
  // Whoever ends is still among them.
  const bookings = ridingBookings(() => open.size <= 1);
  const environment: CallEnvironment = {
    ledger,
    bookings,
    price: options.price,
    clock,
    expiresInMs,
    log,
    finished: observer.finished,
    finishing(call) {
      finishing.add(call);
      void call.over.then(() => {
        finishing.remove(call);
        open.remove(call);
      });
    },
  };

  function refused(request: MeteredRequest, model: string, { code, reason }: Problem): Admission {
    const { provider, tags } = request;
    void quietly(log, () => observer.refused?.({ atMs: clock.nowMs(), provider, model, tags, code, reason }));
    return { status: 'refused', code, reason };
  }

  /** Why limits cannot hold for this request; `null` where they can, or need not. */
  async function whyUnbounded(
    scopes: readonly string[],
    { bounds, isDeferred, isSizeKnown }: Sized,
  ): Promise<Problem | null> {
    if (onUnpriced === 'allow' || onExceed === 'continue') return null;
    if (isSizeKnown && bounds.costNanoUsd !== null) return null;
    const units = await limitedUnits(ledger, scopes);
    const isLimited = units.has('nanoUsd') || (units.has('tokens') && !isSizeKnown);
    if (!isLimited) return null;
    if (isDeferred) return { code: 'cannot_be_metered', reason: CANNOT_BE_METERED };
    const what = bounds.model === '' ? 'this request' : bounds.model;
    const why = isSizeKnown ? `no price is known of ${what}` : `nobody can say what ${what} may use before it is sent`;
    return { code: 'price_unknown', reason: `${why}, and there is a limit. ${HOW_TO_ALLOW}` };
  }

  async function admitted(given: Sized, scopes: readonly string[]): Promise<MeteredCall | BudgetExceededError> {
    let { request, bounds } = given;
    const callId = uuidv7(clock);
    for (let clamps = 0, waits = 0; ; ) {
      const amounts = given.isSizeKnown ? amountsOf(bounds) : { calls: 1 };
      try {
        // In one step: to mark it apart would make each call wait for the disk once more before it is sent. Whoever dies
        // in between has it counted in full.
        const { amounts: held } = await ledger.reserve({ id: callId, scopes, amounts, expiresInMs, isSent: true });
        bookings.reserved();
        return meteredCall({ callId, request, bounds, scopes, held, isLimited: true }, environment);
      } catch (error) {
        if (!BudgetExceededError.isInstance(error)) throw error;
        // What the calls before it set aside and did not use is free in a moment.
        if (finishing.size > 0 && waits < MAX_WAITS) {
          waits += 1;
          await bookings.hurried(() => allOver(finishing));
          continue;
        }
        if (onExceed === 'continue') {
          return meteredCall({ callId, request, bounds, scopes, held: {}, isLimited: false }, environment);
        }
        const canClamp = clamp && given.isSizeKnown && clamps < MAX_CLAMPS;
        const clamped = canClamp ? clampedRequest(given.request, error, options.bounds) : null;
        if (clamped === null) return error;
        clamps += 1;
        ({ request, bounds } = clamped);
      }
    }
  }

  async function begin(request: MeteredRequest, kind: 'call' | 'deferred'): Promise<Admission> {
    const isSizeKnown = kind === 'call' && request.body !== undefined;
    const bounds = isSizeKnown ? options.bounds(request) : unknownBounds;
    const sized = { request, bounds, isSizeKnown, isDeferred: kind === 'deferred' };
    const scopes = typeof options.scopes === 'function' ? await options.scopes(request) : options.scopes;
    const problem = await whyUnbounded(scopes, sized);
    if (problem !== null) return refused(request, bounds.model, problem);
    const call = await admitted(sized, scopes);
    if (BudgetExceededError.isInstance(call)) {
      return refused(request, bounds.model, { code: 'budget_exceeded', reason: call.message });
    }
    open.add(call);
    void quietly(log, () => observer.begun?.(call.begun));
    return { status: 'begun', call };
  }

  return {
    async begin(request, kind = 'call') {
      try {
        return await begin(request, kind);
      } catch (error) {
        // An estimate that throws, a store that is gone: what cannot be counted is not made.
        const reason = error instanceof Error ? error.message : String(error);
        const isStore = CodedError.isInstance(error) && error.kind === 'environment';
        return refused(request, '', { code: isStore ? 'store_failed' : 'cannot_be_metered', reason });
      }
    },
    refuse(request, code, reason) {
      refused(request, '', { code, reason });
    },
    recordLocalHit({ provider, model, tokens, economicCostNanoUsd, tags = {} }) {
      const atMs = clock.nowMs();
      const record: CallRecord = {
        callId: uuidv7(clock),
        atMs,
        provider,
        model,
        responseModel: null,
        tier: null,
        tags,
        attempt: 1,
        status: 'completed',
        httpStatus: null,
        tokens,
        usageMissing: false,
        isEstimated: false,
        costNanoUsd: 0n,
        economicCostNanoUsd,
        estimatedCostNanoUsd: 0n,
        costSource: 'rates',
        priceVersion: null,
        unpricedParts: [],
        cacheHit: 'local',
        latencyMs: 0,
        rawUsage: null,
      };
      void quietly(log, () => observer.finished?.(record));
    },
    get openCalls() {
      return open.size;
    },
    async idle() {
      while (open.size > 0) await bookings.hurried(() => allOver(open));
    },
  };
}

function allOver(calls: Iterable<MeteredCall>): Promise<unknown> {
  return Promise.all([...calls].map(({ over }) => over));
}

const HOW_TO_ALLOW =
  'Give it a price (models in budget.yaml, or model-rates.yaml), or allow calls without a price (on_unpriced: allow).';
const CANNOT_BE_METERED =
  'it starts work that the provider does later, so that nobody here sees what it costs, and there is a limit. Make the calls themselves, or allow calls without a price (on_unpriced: allow).';

const unknownBounds: RequestBounds = {
  model: '',
  promptTokens: 0,
  maxOutputTokens: 0,
  answers: 1,
  costNanoUsd: null,
  priceVersion: null,
  warnings: [],
};

function amountsOf({ promptTokens, maxOutputTokens, answers, costNanoUsd }: RequestBounds): AmountsInput {
  const tokens = BigInt(promptTokens) + BigInt(maxOutputTokens) * BigInt(answers);
  return { tokens, calls: 1, ...(costNanoUsd !== null && { nanoUsd: costNanoUsd }) };
}
