/** What of a document is read. Whatever no shape names is only checked. */
export interface Shape {
  /** Of a map. */
  readonly fields?: ReadonlyMap<string, Shape>;
  /** Of a map: what begins with it. */
  readonly part?: Part;
  /** Of a list. */
  readonly items?: Shape;
  /** Of a list whose other items count too, or make the file an unreadable one: the whole parser knows. */
  readonly onlyMaps?: boolean;
  /** Of a scalar. */
  readonly field?: Field;
}

export type Part = 'entry' | 'bucket' | 'workflow';

export interface Field {
  readonly kind: 'schema_version' | 'count' | 'usd' | 'cost_status' | 'flag' | 'text';
  /** Where it is kept until its part has been read; texts apart from figures. */
  readonly slot: number;
}

// The slots of a bucket stand together, and those of a workflow at the end, so that each are cleared at once.
export const entrySlots = {
  runIndex: 0,
  totalCalls: 1,
  totalPromptTokens: 2,
  totalCompletionTokens: 3,
  totalTokens: 4,
  usdKnown: 5,
  usdEstimated: 6,
  nanoUsdKnown: 7,
  nanoUsdEstimated: 8,
  unpricedCalls: 9,
  metered: 10,
} as const;
const schemaVersionSlot = 11;
export const FIRST_BUCKET_SLOT = 12;
export const bucketSlots = { calls: 12, costStatus: 13, costUnknownForCalls: 14, unpricedCalls: 15 } as const;
export const FIRST_WORKFLOW_SLOT = 16;
export const workflowSlots = { stageCount: 16, callCount: 17, covered: 18 } as const;
export const SLOT_COUNT = 19;

export const textSlots = { workflowRunId: 0, workflowId: 1, status: 2, recordHash: 3 } as const;
export const TEXT_SLOT_COUNT = 4;

const rollup = map({
  total_calls: count(entrySlots.totalCalls),
  total_prompt_tokens: count(entrySlots.totalPromptTokens),
  total_completion_tokens: count(entrySlots.totalCompletionTokens),
  total_tokens: count(entrySlots.totalTokens),
  total_cost_usd_known: scalar('usd', entrySlots.usdKnown),
  total_cost_usd_estimated: scalar('usd', entrySlots.usdEstimated),
  cost_nano_usd_known: count(entrySlots.nanoUsdKnown),
  cost_nano_usd_estimated: count(entrySlots.nanoUsdEstimated),
  unpriced_calls: count(entrySlots.unpricedCalls),
});

const bucket = map({
  calls: count(bucketSlots.calls),
  cost_status: scalar('cost_status', bucketSlots.costStatus),
  cost_unknown_for_calls: count(bucketSlots.costUnknownForCalls),
  unpriced_calls: count(bucketSlots.unpricedCalls),
});

const workflow = map({
  run_id: scalar('text', textSlots.workflowRunId),
  workflow_id: scalar('text', textSlots.workflowId),
  status: scalar('text', textSlots.status),
  record_hash: scalar('text', textSlots.recordHash),
  stage_count: count(workflowSlots.stageCount),
  call_count: count(workflowSlots.callCount),
  covered: scalar('flag', workflowSlots.covered),
});

const metered = scalar('flag', entrySlots.metered);
const figures = { metered, rollup, per_bucket: { items: { ...bucket, part: 'bucket' } } } as const;
const workflows = {
  run_index: count(entrySlots.runIndex),
  workflows: { items: { ...workflow, part: 'workflow' }, onlyMaps: true },
} as const;

/** What the totals of `usage.yaml` are made of. */
export const usageShape = usageFileOf(figures);
/** And what each run recorded of workflows. */
export const usageShapeWithWorkflows = usageFileOf({ ...figures, ...workflows });

function usageFileOf(entry: Readonly<Record<string, Shape>>): Shape {
  return map({
    schema_version: scalar('schema_version', schemaVersionSlot),
    runs: { items: { ...map(entry), part: 'entry' }, onlyMaps: true },
  });
}

function map(fields: Readonly<Record<string, Shape>>): Shape {
  return { fields: new Map(Object.entries(fields)) };
}

function scalar(kind: Field['kind'], slot: number): Shape {
  return { field: { kind, slot } };
}

function count(slot: number): Shape {
  return scalar('count', slot);
}
