export {
  type Clock,
  CodedError,
  type CodedErrorOptions,
  type ErrorKind,
  formatUsd,
  type NanoUsd,
} from '@budget/core';
export type { RecordedCall } from './aggregate-usage.js';
export type { AnnouncedRun, AnnounceRun } from './announce-run.js';
export {
  type Comparison,
  type CostComparison,
  computeVariance,
  type ModelVariance,
  type PartVariance,
  type StageVariance,
  type Variance,
  type WorkflowVariance,
} from './compute-variance.js';
export type { CoveredRunRecords } from './covered-run-records.js';
export { type ExamineInfospaceOptions, examineInfospace, type Finding } from './doctor.js';
export type { BegunCall, CallTags, MeteredCall } from './documents/metered-call.js';
export type {
  Estimate,
  PlanEstimates,
  PlannedModel,
  PlannedStage,
  PlannedWorkflow,
} from './documents/plan-estimates.js';
export type { PlanSnapshot } from './documents/plans-file.js';
export { ratioText, varianceLine } from './documents/report.js';
export type { RunEnd, RunState } from './documents/run-state.js';
export { varianceDocument } from './documents/summary.js';
export type {
  BudgetStatus,
  CostStatus,
  RecordedRun,
  RecordedWorkflow,
  RunStatus,
  UsageBucket,
  UsageRollup,
  UsageRun,
  UsageTotals,
} from './documents/usage-run.js';
export { usageRunDocument } from './documents/usage-run-fields.js';
export { explainRun, type StageExplanation } from './explain-run.js';
export {
  existingInfospace,
  findInfospace,
  type InfospacePaths,
  infospacePaths,
  workspaceOf,
} from './infospace-paths.js';
export { initInfospace } from './init-infospace.js';
export {
  type InfospaceContents,
  type InfospaceDocuments,
  type InfospacePlans,
  type ReadInfospaceOptions,
  readInfospace,
  readPlans,
} from './inspect-infospace.js';
export { type InfospaceRow, listWorkspace } from './list-workspace.js';
export type { PriceWarning, PriceWarningKind } from './pricing/price-warnings.js';
export { type Budget, readBudget } from './read-budget.js';
export { type InfospaceName, readInfospaceName } from './read-infospace-name.js';
export { type LiveLimits, readLiveLimits } from './read-live-limits.js';
export { type Prices, type PricesOptions, pricesIn } from './read-prices.js';
export { type RunReading, readRunDirectory } from './read-run-directory.js';
export {
  type RecordMeteredRunOptions,
  type RecordMeteredRunResult,
  recordMeteredRun,
} from './record-metered-run.js';
export { type RecordPlanOptions, type RecordPlanResult, recordPlan } from './record-plan.js';
export { type RecordRunOptions, type RecordRunResult, recordRun } from './record-run.js';
export {
  type RecoveredRun,
  type RecoveredRuns,
  type RecoverRunsOptions,
  recoverRuns,
  type UnrecoveredRun,
} from './recover-runs.js';
export { type OpenRunOptions, openRunDirectory, type RunDirectory } from './run-directory.js';
export {
  type AnnounceRunOutside,
  type RecordRunOutsideOptions,
  type RecoverRunsOutsideOptions,
  type RunOutside,
  recordRunOutside,
  recoverRunsOutside,
} from './runs-outside.js';
export { type UnfinishedRun, type UnfinishedRuns, unfinishedRuns } from './unfinished-runs.js';
export type { JsonFields, JsonValue } from './yaml/json-ready.js';
export { writeYaml } from './yaml/write-yaml.js';
