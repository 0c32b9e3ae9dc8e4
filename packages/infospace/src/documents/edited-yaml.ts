import { CodedError } from '@budget/core';
import { isMap as isMapNode, isPair, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { readYaml } from '../yaml/read-yaml.js';
import { toPlain } from '../yaml/scalars.js';
import { adviceForEdited, fileProblems } from './problems.js';

/**
 * A file that people edit: its values as PyYAML reads them, as everywhere, and from the `yaml` package where everything
 * stands and which keys stand twice.
 */
export interface EditedYaml {
  /** Plain values, resolved as PyYAML does; `null` for an empty file. */
  readonly value: unknown;
  /** 1-based line of the value at a path, or of the nearest thing above it that is there. */
  lineOf(path: readonly PropertyKey[]): number | null;
}

/** @throws CodedError `file_invalid` (kind `input`) with what is wrong, and its line. */
export function readEditedYaml(text: string, file: string): EditedYaml {
  // The value first: its reader limits depth and aliases, without which the other one exhausts the memory.
  const value = readValue(text, file);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw fileProblems(
      file,
      document.errors.map((error) => ({
        path: '',
        line: lineCounter.linePos(error.pos[0]).line,
        message: `not readable as YAML: ${error.message}`,
      })),
    );
  }
  return {
    value,
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const offset = offsetOf(document.contents, path.slice(0, length));
        if (offset !== null) return lineCounter.linePos(offset).line;
      }
      return null;
    },
  };
}

function readValue(text: string, file: string): unknown {
  try {
    return toPlain(readYaml(text, file, adviceForEdited));
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    const { line, message } = error;
    throw new CodedError({ code: 'file_invalid', kind: 'input', file, line, message, cause: error });
  }
}

/** Of the key, where the path ends in a map: that is where the eye looks. */
function offsetOf(contents: Node | null, path: readonly PropertyKey[]): number | null {
  let node: unknown = contents;
  let offset = contents?.range?.[0] ?? null;
  for (const step of path) {
    if (isMapNode(node)) {
      const pair = node.items.find((item) => isPair(item) && String(item.key) === String(step));
      if (pair === undefined) return null;
      offset = (pair.key as Node).range?.[0] ?? null;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = (node as Node | undefined)?.range?.[0] ?? null;
    } else {
      return null;
    }
  }
  return offset;
}
