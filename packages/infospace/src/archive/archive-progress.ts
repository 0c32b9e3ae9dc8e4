import { setImmediate } from 'node:timers/promises';

/** How far the work on an archive has come. */
export interface ArchiveProgress {
  /** `reading`: what is there; `writing`: the archive; `checking`: what was written, or an archive that is verified. */
  readonly phase: 'reading' | 'writing' | 'checking';
  readonly files: number;
  /** Of content, not compressed. */
  readonly bytes: number;
  /** `null` while that is not known. */
  readonly totalBytes: number | null;
}

export type OnProgress = (progress: ArchiveProgress) => void;

const LONGEST_TURN_MS = 20;

/** For work that is one long step after the other: what else this process does comes to its turn in between. */
export function takingTurns(): () => Promise<void> {
  let lastMs = performance.now();
  return async () => {
    if (performance.now() - lastMs < LONGEST_TURN_MS) return;
    await setImmediate();
    lastMs = performance.now();
  };
}
