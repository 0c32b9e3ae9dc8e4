export type { Clock, ErrorKind } from '@budget/core';
export { CodedError } from '@budget/core';
export { type Amounts, type AmountsInput, MAX_AMOUNT, type Unit, units } from './amounts.js';
export { amountText, BudgetExceededError, BudgetExhaustedError } from './budget-errors.js';
export type { CallSums } from './call-sums.js';
export { checkedJudgement, checkedObservation, type Judgement, type KeptJudgement } from './checked-observation.js';
export type { KeptObservation } from './kept-observation.js';
export { type LatencyHistogram, latencyCount, latencyQuantile, mergedLatencies } from './latency-histogram.js';
export {
  type BookingRequest,
  createLedger,
  type HeldReservation,
  type Ledger,
  type LedgerOptions,
  type ReservationRequest,
} from './ledger.js';
export { defaultThresholds, type Limit, type LimitInput, type LimitKey, type Threshold } from './limit.js';
export { type ExportOptions, exportLedger, type RecordCounts } from './moving/export-ledger.js';
export { type ExportedObservation, exportObservations } from './moving/export-observations.js';
export { type ImportResult, importLedger } from './moving/import-ledger.js';
export type {
  CounterRecord,
  LedgerRecord,
  LimitRecord,
  ReservationRecord,
  ResetsRecord,
  ScopeRecord,
  ThreadUsageRecord,
} from './moving/ledger-record.js';
export type { Observation, ObserveResult } from './observation.js';
export type {
  JudgeOutcome,
  NamedTotalSums,
  NamedUsageSums,
  ObservationPage,
  ObservationQuery,
  ObservationStore,
  ObserveOutcome,
  RollupDiscrepancy,
  Span,
  TaskSummaryQuery,
  TotalSums,
  UsageQuery,
  UsageTotalsQuery,
} from './observation-store.js';
export { createObservations, type Observations } from './observations.js';
export { type MeterLike, type OpenTelemetryUsageOptions, openTelemetryUsage } from './open-telemetry-usage.js';
export type { Refusal, Reservation, ReservationStatus } from './reservation.js';
export type { ChangeProblem } from './reservation-change.js';
export type { SlotDimension, UsageDimension } from './rollup-changes.js';
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
  SettleOptions,
  ThreadConsumption,
  UnitUsage,
} from './store.js';
export { mergedSummaries, type TaskSummary, taskSummary } from './task-summary.js';
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
export type { TrackedCall, TrackedCost } from './tracked-call.js';
export { daysBetween, type UsageDay } from './usage-days.js';
export type { UsageEvent } from './usage-event.js';
export { type UsageFigures, type UsageTotals, usageFigures, usageTotals } from './usage-figures.js';
export type { SubscriberFailures, UsageSubscriber } from './usage-subscribers.js';
export type { UsageSums } from './usage-sums.js';
export {
  createUsageTracker,
  type DailyUsage,
  type NamedUsage,
  type NamedUsageFigures,
  type UsageHistoryQuery,
  type UsageTracker,
  type UsageTrackerOptions,
} from './usage-tracker.js';
export { type CalendarWindow, timeZoneNamed, type Window, type WindowSpan, windowAt } from './window.js';
