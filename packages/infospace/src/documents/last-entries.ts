import { isUtf8 } from 'node:buffer';
import { mapsField } from '../yaml/fields.js';
import { readSimpleYaml } from '../yaml/read-simple-yaml.js';
import { isMap, type YamlMap } from '../yaml/scalars.js';

/** Where the last `count` entries begin in a part of `usage.yaml`, in order; fewer where fewer are there. */
export function lastEntryStarts(bytes: Buffer, indentation: number, count: number): number[] {
  const dash = beforeEntry(indentation);
  const starts: number[] = [];
  for (let end = bytes.length; starts.length < count; ) {
    const lineEnd = bytes.subarray(0, end).lastIndexOf(dash);
    if (lineEnd < 0) break;
    starts.unshift(lineEnd + 1);
    end = lineEnd + 1;
  }
  return starts;
}

/**
 * The entries that these bytes consist of; `null` where they are not in the plain layout of machine files, or where
 * something else than entries follows.
 */
export function readEntriesAlone(bytes: Buffer): YamlMap[] | null {
  // A whole parser is not asked: what it says of a part may differ from what it says of the whole.
  const document = isUtf8(bytes) ? readSimpleYaml(`runs:\n${bytes.toString('utf8')}`) : undefined;
  // A line that lost its indentation is a field of the document: it ends the list, and nothing can be appended to that.
  return isMap(document) && Object.keys(document).length === 1 ? mapsField(document['runs']) : null;
}

/** What ends the line before an entry and begins the entry. */
export const beforeEntry = (indentation: number): string => `\n${' '.repeat(indentation)}- `;
