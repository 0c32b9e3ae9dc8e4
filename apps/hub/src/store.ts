import type { TokenEvent } from '@budget/hub-client';
import type { Summary, SummaryQuery } from './summary.js';

/**
 * Where a hub keeps its events. Every verb happens entirely or not at all, and none shows a transaction, so that a
 * database which is not in this process can stand behind it.
 */
export interface HubStore {
  /** For people: where the events are. */
  readonly name: string;
  /**
   * Keeps those that it does not have yet, all together, and resolves once they survive a loss of power. An event is
   * known by its project, `source` and `id`; of the same one the first that came stays.
   *
   * @throws CodedError of kind `environment` when nothing was kept; the same events may be sent again
   */
  record(events: readonly TokenEvent[]): Promise<Recorded>;
  /**
   * Sums over the events that were recorded when it began. Events are never changed, so it need hold no lock.
   *
   * @throws CodedError `summary_too_large` when there are more than `MAX_GROUPS` groups
   */
  summarize(query: SummaryQuery): Promise<Summary>;
  /** @throws CodedError of kind `environment` when events can neither be read nor kept */
  expectUsable(): Promise<void>;
  close(): Promise<void>;
}

export interface Recorded {
  readonly accepted: number;
  /** Events that were there already, or stood twice in one batch. */
  readonly duplicates: number;
}
