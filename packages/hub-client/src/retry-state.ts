import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFields, parsedJson } from '@budget/core';
import type { Destination } from './destination.js';
import { removeIfThere, textOf } from './outbox-files.js';
import { retryStateName } from './outbox-names.js';
import { noFailures, type RetryState } from './retry-policy.js';

/** Each hub has its own: what one asks for is no concern of another. */
const file = (directory: string, { mark }: Destination): string => join(directory, retryStateName(mark));

/** What cannot be read says nothing, whatever the reason: it is advice, and events are tried all the same. */
export function readRetryState(directory: string, destination: Destination): RetryState {
  const read = parsedJson(textOf(file(directory, destination)));
  if (!isFields(read)) return noFailures;
  const number = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);
  return {
    failures: number(read['failures']),
    notBeforeMs: number(read['not_before_ms']),
    isAsked: read['is_asked'] === true,
    reason: typeof read['reason'] === 'string' ? read['reason'] : '',
  };
}

/** @throws what the system says */
export function writeRetryState(directory: string, destination: Destination, state: RetryState): void {
  const { failures, notBeforeMs: not_before_ms, isAsked: is_asked, reason } = state;
  const temporary = join(directory, `.retry.tmp-${randomUUID()}`);
  writeFileSync(temporary, `${JSON.stringify({ failures, not_before_ms, is_asked, reason })}\n`, { mode: 0o600 });
  renameSync(temporary, file(directory, destination));
}

/** @throws what the system says */
export function forgetFailures(directory: string, destination: Destination): void {
  removeIfThere(file(directory, destination));
}
