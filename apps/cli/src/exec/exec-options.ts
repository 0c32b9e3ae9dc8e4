/** As the command line says them; `undefined` where it does not. */
export interface ExecOptions {
  readonly maxUsd?: bigint;
  readonly warnUsd?: bigint;
  readonly maxCalls?: number;
  readonly maxTokens?: number;
  readonly onExceed?: 'refuse' | 'stop' | 'continue';
  readonly onUnpriced?: 'refuse' | 'allow';
  readonly clamp?: boolean;
  readonly strict?: boolean;
  readonly task?: string;
  readonly thread?: string;
  readonly agent?: string;
  readonly estimate: 'none' | 'short' | 'full';
  readonly plan?: string;
  readonly infospace?: string;
  readonly resultFile?: string;
  readonly passKeys?: boolean;
  readonly workplan?: string;
  readonly workplanTask?: string;
}
