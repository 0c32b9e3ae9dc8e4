import type { ArchiveProgress, OnProgress } from '@budget/infospace/archive';
import { countText } from './render/amounts.js';

const EVERY_MS = 100;
/** Nobody wants to read of what is over at once. */
const NOT_BEFORE_MS = 500;
const BAR_CELLS = 20;

/** Shows on a terminal how far the work on an archive has come, in one line that is gone afterwards. */
export function archiveProgress(stderr: NodeJS.WriteStream): {
  during<Result>(work: (onProgress: OnProgress) => Promise<Result>): Promise<Result>;
} {
  return {
    during: async (work) => {
      if (stderr.isTTY !== true) return await work(() => {});
      let nextMs = performance.now() + NOT_BEFORE_MS;
      let isShown = false;
      const onProgress: OnProgress = (progress) => {
        if (performance.now() < nextMs) return;
        nextMs = performance.now() + EVERY_MS;
        isShown = true;
        stderr.write(`\r\u001b[K${progressText(progress)}`);
      };
      try {
        return await work(onProgress);
      } finally {
        if (isShown) stderr.write('\r\u001b[K');
      }
    },
  };
}

/** `writing   ████████░░░░░░░░░░░░  41 %  812 MB, 40,211 files` */
function progressText({ phase, files, bytes, totalBytes }: ArchiveProgress): string {
  const share = totalBytes === null || totalBytes === 0 ? null : Math.min(1, bytes / totalBytes);
  const full = Math.floor((share ?? 0) * BAR_CELLS);
  const bar =
    share === null
      ? ''
      : `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}  ${String(Math.floor(share * 100)).padStart(3)} %  `;
  return `${phase.padEnd(9)} ${bar}${countText(Math.floor(bytes / 1e6))} MB, ${countText(files)} files`;
}
