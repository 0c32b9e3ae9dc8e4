import { corruptFile } from './problems.js';

/**
 * A merge of two branches may leave a list in a file twice. Whoever reads it then sees only the last one, and the next
 * rewrite would lose the first.
 *
 * @throws CodedError `file_corrupt` (kind `input`).
 */
export function refuseTwice(key: 'runs' | 'snapshots' | 'stages', text: string, file: string, advice: string): void {
  const starts = [...text.matchAll(new RegExp(`^["']?${key}["']?[ \\t]*:(?=[ \\t]*$|[ \\t]*#|[ \\t])`, 'gm'))];
  if (starts.length < 2) return;
  const what = `${key} stands ${starts.length} times, as after a merge: only the last would be read. Put all entries under one`;
  throw corruptFile(file, text, key, what, advice);
}
