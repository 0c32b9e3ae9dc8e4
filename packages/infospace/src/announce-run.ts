import type { RecordedRun } from './documents/usage-run.js';

/** A run with an entry of ours. */
export type AnnouncedRun = RecordedRun & { readonly runId: string };

/**
 * Tells others of a run: an organisation, a ledger. It is called once the run's entry is on disk and before its summary is,
 * under the infospace's lock, so it writes down what there is to tell and leaves the network for later. After a crash the
 * next command tells the same run again: whoever is told knows it by its `runId`.
 *
 * `isLeftOver`: an earlier process recorded the run, and this one completes it.
 *
 * Where it throws a `CodedError` the run is recorded all the same, and the next command tries again.
 */
export type AnnounceRun = (run: AnnouncedRun, how: { readonly isLeftOver: boolean }) => Promise<void>;
