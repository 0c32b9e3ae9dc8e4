import {
  MISSING,
  PARTLY_PRICED,
  PRICED,
  readCostStatus,
  readCount,
  readFlag,
  readText,
  readUsd,
  UNCERTAIN,
} from './scalar-values.js';
import type { RecordedWorkflow, UsageTotals } from './usage-run.js';
import {
  bucketSlots,
  entrySlots,
  FIRST_BUCKET_SLOT,
  FIRST_WORKFLOW_SLOT,
  type Field,
  type Part,
  SLOT_COUNT,
  TEXT_SLOT_COUNT,
  textSlots,
  workflowSlots,
} from './usage-shape.js';

/** What one entry recorded of workflows. */
export interface WorkflowsOfEntry {
  readonly runIndex: number;
  readonly workflows: readonly RecordedWorkflow[];
}

/** Adds up the entries of `usage.yaml` value by value, as `readRecordedRun` and `totalsOf` do entry by entry. */
export class UsageSums {
  private readonly figures = new Float64Array(SLOT_COUNT).fill(MISSING);
  private readonly texts = new Array<string | null>(TEXT_SLOT_COUNT).fill(null);
  private part: Part | null = null;
  private unpricedCallsOfBuckets = 0;
  private workflowsOfEntry: RecordedWorkflow[] = [];
  private readonly workflows: WorkflowsOfEntry[] = [];
  private readonly sums = {
    runs: 0,
    calls: 0,
    promptTokens: 0,
    completionTokens: 0,
    totalTokens: 0,
    nanoUsdKnown: 0,
    nanoUsdEstimated: 0,
    unpricedCalls: 0,
    meteredCalls: 0,
    meteredNanoUsd: 0,
  };

  constructor(
    private readonly bytes: Buffer,
    private readonly withWorkflows: boolean,
  ) {}

  /** What came before it is complete: of buckets and workflows none is part of another. */
  begin(part: Part): void {
    if (this.part === 'bucket') this.endBucket();
    if (this.part === 'workflow') this.endWorkflow();
    if (part === 'entry' && this.part !== null) this.endEntry();
    this.part = part;
  }

  /** `false` where it is not certain what the scalar comes to. */
  take({ kind, slot }: Field, start: number, end: number): boolean {
    if (kind === 'text') {
      const text = readText(this.bytes, start, end);
      this.texts[slot] = text ?? null;
      return text !== undefined;
    }
    const figure = this.readFigure(kind, start, end);
    this.figures[slot] = figure;
    return figure !== UNCERTAIN;
  }

  /** Of all entries, which are complete now; `null` where a sum is not exact. */
  finish(): { totals: UsageTotals; workflows: readonly WorkflowsOfEntry[] } | null {
    this.begin('entry');
    if (!Object.values(this.sums).every(Number.isSafeInteger)) return null;
    const { nanoUsdKnown, nanoUsdEstimated, meteredNanoUsd, ...counts } = this.sums;
    const costs = {
      costNanoUsdKnown: BigInt(nanoUsdKnown),
      costNanoUsdEstimated: BigInt(nanoUsdEstimated),
      meteredCostNanoUsd: BigInt(meteredNanoUsd),
    };
    return { totals: { ...counts, ...costs }, workflows: this.workflows };
  }

  private readFigure(kind: Exclude<Field['kind'], 'text'>, start: number, end: number): number {
    switch (kind) {
      case 'count':
        return readCount(this.bytes, start, end);
      case 'usd':
        return readUsd(this.bytes, start, end);
      case 'cost_status':
        return readCostStatus(this.bytes, start, end);
      case 'flag':
        return readFlag(this.bytes, start, end);
      case 'schema_version':
        return readCount(this.bytes, start, end) === 1 ? 1 : UNCERTAIN;
    }
  }

  private endBucket(): void {
    const { calls, costStatus, costUnknownForCalls, unpricedCalls } = bucketSlots;
    const status = this.figures[costStatus];
    const byStatus = status === PRICED ? 0 : status === PARTLY_PRICED ? 1 : (this.figure(calls) ?? 0);
    this.unpricedCallsOfBuckets += this.figure(unpricedCalls) ?? this.figure(costUnknownForCalls) ?? byStatus;
    this.figures.fill(MISSING, FIRST_BUCKET_SLOT, FIRST_WORKFLOW_SLOT);
  }

  private endWorkflow(): void {
    this.workflowsOfEntry.push({
      workflowRunId: this.texts[textSlots.workflowRunId] ?? null,
      workflowId: this.texts[textSlots.workflowId] ?? '',
      status: this.texts[textSlots.status] ?? null,
      stageCount: this.figure(workflowSlots.stageCount) ?? 0,
      callCount: this.figure(workflowSlots.callCount),
      recordHash: this.texts[textSlots.recordHash] ?? null,
      covered: this.figure(workflowSlots.covered) === 1,
    });
    this.texts.fill(null);
    this.figures.fill(MISSING, FIRST_WORKFLOW_SLOT);
  }

  private endEntry(): void {
    const { sums } = this;
    sums.runs++;
    const calls = this.figure(entrySlots.totalCalls) ?? 0;
    const known = this.figure(entrySlots.nanoUsdKnown) ?? this.figure(entrySlots.usdKnown) ?? 0;
    const estimated = this.figure(entrySlots.nanoUsdEstimated) ?? this.figure(entrySlots.usdEstimated) ?? 0;
    sums.calls += calls;
    sums.promptTokens += this.figure(entrySlots.totalPromptTokens) ?? 0;
    sums.completionTokens += this.figure(entrySlots.totalCompletionTokens) ?? 0;
    sums.totalTokens += this.figure(entrySlots.totalTokens) ?? 0;
    sums.nanoUsdKnown += known;
    sums.nanoUsdEstimated += estimated;
    if (this.figure(entrySlots.metered) === 1) {
      sums.meteredCalls += calls;
      sums.meteredNanoUsd += known + estimated;
    }
    sums.unpricedCalls += this.figure(entrySlots.unpricedCalls) ?? this.unpricedCallsOfBuckets;
    if (this.withWorkflows) this.endWorkflows();
    this.unpricedCallsOfBuckets = 0;
    this.figures.fill(MISSING);
  }

  private endWorkflows(): void {
    this.workflows.push({ runIndex: this.figure(entrySlots.runIndex) ?? 0, workflows: this.workflowsOfEntry });
    this.workflowsOfEntry = [];
  }

  private figure(slot: number): number | null {
    const figure = this.figures[slot] as number;
    return figure === MISSING ? null : figure;
  }
}
