import { CodedError } from '@budget/core';
import {
  type Document,
  isMap as isMapNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { readYaml } from '../yaml/read-yaml.js';
import { readableText } from '../yaml/readable-text.js';
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
export function readEditedYaml(given: string, file: string): EditedYaml {
  // To YAML a carriage return alone ends a line too; to the `yaml` package it does not.
  const text = given.replace(/\r(?!\n)/g, '\n');
  // The value first: its reader limits depth and aliases, without which the other one exhausts the memory.
  const value = readValue(text, file);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter, prettyErrors: false, uniqueKeys: false });
  const errors = document.errors.map(({ pos, message }) => ({ offset: pos[0], message }));
  const problems = [...errors, ...repeatedKeys(document)].map(({ offset, message }) => ({
    path: '',
    line: lineCounter.linePos(offset).line,
    message: `not readable as YAML: ${readableText(message, 200)}`,
  }));
  if (problems.length > 0) throw fileProblems(file, problems);
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

/** The library looks for them too, but compares each key with every other: minutes over a table of 20,000 models. */
function repeatedKeys(document: Document): { offset: number; message: string }[] {
  const repeated: { offset: number; message: string }[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name)) repeated.push({ offset: key.range?.[0] ?? 0, message: `${name} stands twice` });
        seen.add(name);
      }
    },
  });
  return repeated;
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
