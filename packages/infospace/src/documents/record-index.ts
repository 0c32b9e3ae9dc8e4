import { appendToFile, readingFile, replaceFile } from '../storage/files.js';

/**
 * `.index-records`: which files of run records were read, and held nothing that is not recorded now. One that has still
 * the same size and time of change need not be read again. Text, a line for each; it can be deleted at any time.
 *
 * The first line names the workflow index that it goes with: once that is made anew, because somebody has changed
 * `usage.yaml`, what had been recorded may be so no longer.
 */
export interface RecordIndex {
  /** Of the workflow index that it goes with; empty where there is none. */
  readonly workflowIndexId: string;
  /** The lines after the first, each with its end. */
  readonly lines: string;
  readonly fileBytes: number;
}

const LAYOUT = 'budget-records-v1';

export const emptyRecordIndex: RecordIndex = { workflowIndexId: '', lines: '', fileBytes: 0 };

/** @throws CodedError as `readFileIfThere`. */
export async function readRecordIndex(path: string): Promise<RecordIndex> {
  const bytes = await readingFile(path, (file) => file.read(0, file.size));
  const text = bytes?.toString('utf8') ?? '';
  const headLength = text.indexOf('\n') + 1;
  const [layout, workflowIndexId = ''] = text.slice(0, Math.max(0, headLength - 1)).split(' ');
  if (bytes === null || layout !== LAYOUT) return emptyRecordIndex;
  return { workflowIndexId, lines: text.slice(headLength), fileBytes: bytes.length };
}

const MAX_SEARCHES = 100;

/** Tells which lines stand in the text; fast for those that come in the same order, as the files of a directory do. */
export function lineFinder(lines: string): (line: string) => boolean {
  let next = 0;
  let searches = 0;
  let all: ReadonlySet<string> | undefined;
  return (line) => {
    if (lines.startsWith(line, next)) {
      next += line.length;
      return true;
    }
    if (searches++ >= MAX_SEARCHES) {
      all ??= new Set(lines.split(/(?<=\n)/));
      return all.has(line);
    }
    const start = startOfLine(lines, line);
    if (start === -1) return false;
    next = start + line.length;
    return true;
  };
}

function startOfLine(lines: string, line: string): number {
  if (lines.startsWith(line)) return 0;
  const lineEnd = lines.indexOf(`\n${line}`);
  return lineEnd === -1 ? -1 : lineEnd + 1;
}

const SPARE_BYTES = 20_000;

/**
 * Adds lines. An index of which more is out of date than true is given up instead: what it knew is read once more.
 *
 * @param trueBytes how many bytes of its lines were found.
 * @throws CodedError as `appendToFile`.
 */
export async function extendRecordIndex(
  path: string,
  index: RecordIndex,
  workflowIndexId: string,
  { added, trueBytes }: { readonly added: string; readonly trueBytes: number },
): Promise<void> {
  const isTrue = index.fileBytes <= 2 * trueBytes + SPARE_BYTES;
  if (index.workflowIndexId !== workflowIndexId || !isTrue) {
    return await replaceFile(path, `${LAYOUT} ${workflowIndexId}\n${added}`);
  }
  if (added !== '') await appendToFile(path, index.fileBytes, Buffer.from(added, 'utf8'));
}
