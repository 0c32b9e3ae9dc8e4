import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, CodedError, isFields, noTokens } from '@budget/core';
import type { Amounts } from '../amounts.js';
import type { Ledger } from '../ledger.js';
import { hasFailed } from './answered-status.js';
import type { CallOutcome } from './call-outcome.js';
import type { BegunCallRecord, CallRecord } from './call-record.js';
import type { AnsweredCall, CallPrice, MeteredRequest, RequestBounds } from './metered-request.js';
import { quietly } from './quietly.js';
import type { RidingBookings } from './riding-bookings.js';
import { type Settlement, settlementOf } from './settlement.js';

/** One call between its reservation and its booking. */
export interface MeteredCall {
  readonly callId: string;
  /** As it is to be sent: its output limit may have been lowered. */
  readonly request: MeteredRequest;
  readonly bounds: RequestBounds;
  readonly begun: BegunCallRecord;
  /** Just before the request leaves: from then on its hold lasts as long as this process lives. */
  sent(): void;
  /** The first time counts. Resolves when it is booked; never rejects. `isCancelled`: the program went away. */
  finish(outcome: CallOutcome, isCancelled?: boolean): Promise<void>;
  /** Resolves when it is booked. */
  readonly over: Promise<void>;
}

export interface CallEnvironment {
  readonly ledger: Ledger;
  readonly bookings: RidingBookings;
  readonly price: (call: AnsweredCall) => CallPrice;
  readonly clock: Clock;
  readonly expiresInMs: number;
  readonly log: (line: string) => void;
  readonly finished: ((call: CallRecord) => unknown) | undefined;
  /** Told when a call is over for its caller and is going to be booked. */
  readonly finishing: (call: MeteredCall) => void;
}

export interface CallPlan {
  readonly callId: string;
  readonly request: MeteredRequest;
  readonly bounds: RequestBounds;
  readonly scopes: readonly string[];
  readonly held: Amounts;
  /** False for a call that goes on though a limit has no room: nothing is set aside for it. */
  readonly isLimited: boolean;
}

/** A store that is gone may be back in a moment. After the last pause the hold is left to its expiry, which books it whole. */
const PAUSES_MS = [50, 500, 3000];
const MAX_CALL_MS = 2 * 3_600_000;

export function meteredCall(plan: CallPlan, environment: CallEnvironment): MeteredCall {
  const { callId, request, bounds, scopes, isLimited } = plan;
  const { ledger, bookings, clock, expiresInMs, log } = environment;
  const { provider, tags, attempt } = request;
  const atMs = clock.nowMs();
  const startedMs = performance.now();
  let keepAlive: NodeJS.Timeout | undefined;
  let isOver = false;
  let resolveOver = (): void => {};
  const over = new Promise<void>((resolve) => {
    resolveOver = resolve;
  });

  async function finish(given: CallOutcome, hasLeft: boolean): Promise<void> {
    // Many stop reading at the event that nothing follows, and leave before the connection says so.
    const hasSeenAll = given.kind === 'answered' && hasLeft && !given.reading.isPartial;
    const outcome = hasSeenAll ? { ...given, isWhole: true } : given;
    const isCancelled = hasLeft && !hasSeenAll;
    const latencyMs = Math.round(performance.now() - startedMs);
    const settlement = settlementOfCall(outcome, plan, atMs, environment);
    const record = recordOf(call, outcome, settlement, isCancelled, latencyMs);
    // Written down before it is booked: who comes after a crash books what is written down.
    await quietly(log, () => environment.finished?.(record));
    await book(settlement.amounts);
  }

  async function book(amounts: Amounts | null): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await bookings.add(async (isPatient) => {
          if (amounts === null && isLimited) await ledger.release(callId, { isNotBilled: true });
          else if (amounts !== null && isLimited) await ledger.settle(callId, amounts, { isPatient });
          else if (amounts !== null) await ledger.book({ id: callId, scopes, amounts });
        });
        return;
      } catch (error) {
        const pauseMs = PAUSES_MS[tries];
        const isStoreFailure = CodedError.isInstance(error) && error.kind === 'environment';
        if (!isStoreFailure || pauseMs === undefined) {
          log(`${callId} could not be booked, and counts in full once its time is over: ${String(error)}`);
          return;
        }
        await sleep(pauseMs);
      }
    }
  }

  const call: MeteredCall = {
    callId,
    request,
    bounds,
    over,
    begun: {
      callId,
      atMs,
      provider,
      model: bounds.model,
      tags,
      attempt,
      promptTokens: bounds.promptTokens,
      estimatedCostNanoUsd: bounds.costNanoUsd,
    },
    sent() {
      if (!isLimited || isOver) return;
      const extend = () => ledger.extend(callId, expiresInMs).catch((error) => log(`${callId}: ${String(error)}`));
      keepAlive = setInterval(() => {
        // A response that nobody reads to its end, or gives up, would be held for as long as the process lives.
        if (performance.now() - startedMs > MAX_CALL_MS) clearInterval(keepAlive);
        else void extend();
      }, expiresInMs / 3);
      keepAlive.unref();
    },
    finish(outcome, isCancelled = false) {
      if (isOver) return over;
      isOver = true;
      clearInterval(keepAlive);
      void quietly(log, () => finish(outcome, isCancelled)).then(resolveOver);
      environment.finishing(call);
      return over;
    },
  };
  return call;
}

function settlementOfCall(
  outcome: CallOutcome,
  { callId, request, bounds, held }: CallPlan,
  atMs: number,
  { price, log }: CallEnvironment,
): Settlement {
  const { provider, host, path, body } = request;
  const requestModel = isFields(body) && typeof body['model'] === 'string' ? body['model'] : null;
  try {
    return settlementOf(outcome, held, bounds, (reading) =>
      price({ provider, host, path, requestModel, atMs, reading }),
    );
  } catch (error) {
    // Malformed usage must not lose the call: it counts in full.
    log(`${callId}: its cost could not be worked out, so it counts in full: ${String(error)}`);
    return settlementOf({ kind: 'unanswered' }, held, bounds, () => {
      throw error;
    });
  }
}

const none: readonly string[] = [];

function recordOf(
  { begun, bounds }: MeteredCall,
  outcome: CallOutcome,
  { tokens, price, usageMissing, isEstimated, amounts }: Settlement,
  isCancelled: boolean,
  latencyMs: number,
): CallRecord {
  const { callId, atMs, provider, tags, attempt, estimatedCostNanoUsd } = begun;
  const answer = outcome.kind === 'answered' ? outcome : null;
  const isError = answer !== null && hasFailed(answer);
  const isFailure = answer === null || isError || !answer.isWhole;
  const isBilled = amounts !== null;
  return {
    callId,
    atMs,
    provider,
    tags,
    attempt,
    estimatedCostNanoUsd,
    model: bounds.model === '' ? (price?.model ?? '') : bounds.model,
    responseModel: answer?.reading.model ?? null,
    tier: price?.serviceTier ?? null,
    // Whoever tries again leaves the error before unread, and yet it has failed.
    status: isCancelled && !isError ? 'cancelled' : isFailure ? 'failed' : 'completed',
    httpStatus: answer?.status ?? null,
    tokens: isBilled ? tokens : noTokens,
    usageMissing,
    isEstimated,
    latencyMs,
    costNanoUsd: isBilled ? (price?.costNanoUsd ?? null) : 0n,
    economicCostNanoUsd: isBilled ? (price?.economicCostNanoUsd ?? null) : 0n,
    costSource: isBilled ? (price?.costSource ?? 'unknown') : 'rates',
    priceVersion: price?.priceVersion ?? null,
    unpricedParts: (isBilled && price?.unpricedParts) || none,
    cacheHit: tokens.cachedPromptTokens > 0 ? 'provider' : 'none',
    rawUsage: answer?.reading.rawUsage ?? null,
  };
}
