import type { PlanSnapshot } from './documents/plans-file.js';

export interface ChosenSnapshot {
  /** Kept in the run also where there is no such plan. */
  readonly id: string | null;
  readonly found: PlanSnapshot | undefined;
}

/** The plan that a run ran against. `wanted`: a `snapshot_id`, `latest` or `none`. */
export function chooseSnapshot(snapshots: readonly PlanSnapshot[], wanted: string): ChosenSnapshot {
  if (wanted === 'none') return { id: null, found: undefined };
  if (wanted === 'latest') return { id: snapshots.at(-1)?.snapshotId ?? null, found: snapshots.at(-1) };
  return { id: wanted, found: snapshots.findLast(({ snapshotId }) => snapshotId === wanted) };
}
