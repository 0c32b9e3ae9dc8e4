/** The budget of one thread as a store keeps it. */
export interface ThreadRecord {
  readonly threadId: string;
  readonly maxTokens: bigint;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly requestCount: number;
  /** On the thread's scope, by whatever way: what was consumed and what reservations settled. */
  readonly usedTokens: bigint;
  readonly heldTokens: bigint;
}

export function threadScope(threadId: string): string {
  return `thread:${threadId}`;
}
