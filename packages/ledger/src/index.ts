export type { Clock, ErrorKind } from '@budget/core';
export { CodedError } from '@budget/core';
export { type Amounts, type AmountsInput, MAX_AMOUNT, type Unit, units } from './amounts.js';
export { amountText, BudgetExceededError, BudgetExhaustedError } from './budget-errors.js';
export {
  type BookingRequest,
  createLedger,
  type HeldReservation,
  type Ledger,
  type LedgerOptions,
  type ReservationRequest,
} from './ledger.js';
export { defaultThresholds, type Limit, type LimitInput, type LimitKey, type Threshold } from './limit.js';
export type { Observation, ObserveResult } from './observation.js';
export type { Refusal, Reservation, ReservationStatus } from './reservation.js';
export type { ChangeProblem } from './reservation-change.js';
export type { KnownSums } from './routing/known-sums.js';
export { type CandidateAdvice, type Recommendation, recommend } from './routing/recommend.js';
export type { RecommendationRequest } from './routing/recommendation-request.js';
export {
  type CostStatistics,
  type MeanEstimate,
  type TaskStatistics,
  taskStatistics,
} from './routing/task-statistics.js';
export type { Scope } from './scope.js';
export type {
  BookRequest,
  ChangeResult,
  Crossings,
  Discrepancy,
  LedgerStore,
  LimitState,
  ReserveRequest,
  ReserveResult,
  ScopeState,
  ThreadConsumption,
  UnitUsage,
} from './store.js';
export type { TaskSummary } from './task-summary.js';
export {
  createThreadBudgets,
  type ThreadBudgets,
  type ThreadBudgetsOptions,
  type ThreadConsumed,
  type ThreadThreshold,
  type ThreadTokens,
  type ThreadUsage,
} from './thread-budgets.js';
export type { ThreadRecord } from './thread-record.js';
export type { ThresholdCrossing } from './threshold-crossing.js';
export { type ThresholdListener, thresholdText } from './threshold-events.js';
export { commandOnThreshold, type HookOptions, webhookOnThreshold } from './threshold-hooks.js';
export { type CalendarWindow, timeZoneNamed, type Window, type WindowSpan, windowAt } from './window.js';
