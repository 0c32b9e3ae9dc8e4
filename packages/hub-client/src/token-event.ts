/** What one run tells the organisation: a CloudEvents 1.0 JSON envelope. No prompts, paths, host or user names. */
export interface TokenEvent {
  readonly specversion: '1.0';
  /** The run's id; the same on every retry, so that a hub counts it once. */
  readonly id: string;
  /** `urn:budget:<workspace>:<infospace>` */
  readonly source: string;
  readonly type: 'dev.budget.run.v1';
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly subject: string;
  readonly data: TokenEventData;
}

export interface TokenEventData {
  readonly schema_version: 1;
  readonly run_id: string;
  readonly run_index: number;
  readonly workspace: string;
  readonly infospace_slug: string;
  readonly workplan_id?: string;
  readonly workplan_task_id?: string;
  readonly started_at: string | null;
  readonly ended_at: string;
  readonly duration_seconds: number | null;
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly snapshot_id: string | null;
  readonly calls: number;
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly total_tokens: number;
  /** 6 decimals, for people; `null` when nothing is priced. */
  readonly cost_usd: number | null;
  readonly cost_nano_usd: number | string | null;
  readonly currency: 'USD';
  readonly cost_source: 'provider' | 'rates' | 'mixed' | 'unknown';
  readonly unpriced_calls: number;
  /** The model with most tokens. */
  readonly model: string | null;
  readonly models: readonly TokenEventModel[];
}

/** Token counts under OpenTelemetry's GenAI names. */
export interface TokenEventModel {
  readonly provider: string;
  readonly model: string;
  readonly calls: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens?: number;
  readonly cache_write_input_tokens?: number;
  readonly reasoning_output_tokens?: number;
  readonly cost_nano_usd: number | string | null;
}
