import type { Choices } from '@budget/test-tools';
import { fieldsOf, isMap, YamlTagged, type YamlValue } from '../yaml/scalars.js';
import { spell } from './pyyaml.js';
import type { Style } from './random-style.js';
import { type Place, styledScalar } from './styled-scalar.js';

/** What follows a dash or a key: the rest of its line, and the lines below. */
interface Node {
  readonly head: string;
  readonly lines: readonly string[];
  /** Whether a remark may follow: not where the last line is text that goes on to the line end. */
  readonly isClosed: boolean;
}

type Field = readonly [key: unknown, value: unknown];

/** A map as lines in block style, and whatever is inside in any style. */
export function styledDocument(document: unknown, style: Style, choices: Choices): string[] {
  const anchors = new Map<string, string>();

  function node(value: unknown, parent: number, isItem: boolean): Node {
    const known = anchorOf(value);
    if (known !== undefined) return { head: `*${known}`, lines: [], isClosed: true };
    const anchor = newAnchor();
    const written = anchor === '' ? bare(value, parent, isItem) : anchored(bare(value, parent, isItem), anchor);
    // Only now: a value does not stand for a part of itself.
    if (anchor !== '') anchors.set(spelling(value), anchor.slice(1));
    return written;
  }

  /** An anchor that may stand for the value. */
  function anchorOf(value: unknown): string | undefined {
    return anchors.size > 0 && choices.chance(0.7) ? anchors.get(spelling(value)) : undefined;
  }

  function newAnchor(): string {
    return choices.chance(style.anchors) ? `&a${anchors.size}_${choices.between(0, 10 ** 6)}` : '';
  }

  function anchored({ head, lines, isClosed }: Node, anchor: string): Node {
    return { head: head === '' ? anchor : `${anchor} ${head}`, lines, isClosed };
  }

  function bare(value: unknown, parent: number, isItem: boolean): Node {
    const content = isSet(value) ? value.value : value;
    if (!isCollection(content)) return scalarNode(value, parent);
    const isEmpty = Array.isArray(content) ? content.length === 0 : fieldsOf(content).length === 0;
    if (isEmpty || choices.chance(style.flow)) return lineNode(flow(value, parent + 1));
    const column = parent + style.indentation;
    if (isSet(value)) return { head: '!!set', lines: setLines(value, column), isClosed: true };
    if (!Array.isArray(content)) return { head: '', lines: mapLines(content, column), isClosed: true };
    // A list may stand at the column of its key, though not at the one of the dash above it.
    const listColumn = parent + (isItem ? style.indentation : style.listIndentation);
    return { head: '', lines: listLines(content, listColumn), isClosed: true };
  }

  function scalarNode(value: unknown, parent: number): Node {
    const text = styledScalar(value, parent + style.indentation, 'block', style, choices);
    return { ...lineNode(text), isClosed: !/^(?:!!str )?[|>]/.test(text) };
  }

  function lineNode(text: string): Node {
    const [head = '', ...lines] = text.split('\n');
    return { head, lines, isClosed: true };
  }

  function mapLines(map: object, column: number): string[] {
    const padding = ' '.repeat(column);
    const { merged, fields } = splitForMerge(shuffled(fieldsOf(map as Record<string, unknown>)));
    const merge = merged.length === 0 ? [] : [`${padding}<<: ${flowMap(merged, column + 1)}`];
    return [
      ...merge,
      ...fields.flatMap(([key, value]) => {
        const text = styledScalar(key, column, 'key', style, choices);
        const isExplicit = text.length > 500 || choices.chance(style.explicitKeys);
        if (!isExplicit) return entry(`${padding}${text}:`, node(value, column, false));
        return [...entry(`${padding}?`, lineNode(text)), ...entry(`${padding}:`, node(value, column, true))];
      }),
    ];
  }

  function setLines(set: YamlTagged, column: number): string[] {
    return Object.keys(set.value as object).flatMap((key) =>
      entry(`${' '.repeat(column)}?`, lineNode(styledScalar(key, column, 'key', style, choices))),
    );
  }

  function listLines(list: readonly unknown[], column: number): string[] {
    const padding = ' '.repeat(column);
    return list.flatMap((item) => {
      const isCompact =
        isMap(item) && fieldsOf(item).length > 0 && !choices.chance(Math.max(style.bareDashes, style.flow));
      if (!isCompact) return entry(`${padding}-`, node(item, column, true));
      // Beside its dash the item begins a column of its own.
      const blanks = choices.between(1, style.indentation);
      const [first = '', ...rest] = mapLines(item, column + 1 + blanks);
      // A remark that came first would take the place of the first field.
      if (/^\s*(?:#|$)/.test(first)) return entry(`${padding}-`, { head: '', lines: [first, ...rest], isClosed: true });
      return [...remarks(column), `${padding}-${' '.repeat(blanks)}${first.trimStart()}`, ...rest];
    });
  }

  function entry(begin: string, { head, lines, isClosed }: Node): string[] {
    const column = begin.length - begin.trimStart().length;
    const all = [`${begin}${head === '' ? '' : ` ${head}`}`, ...lines];
    // Where lines of its own follow, the remark belongs to the first line, else to the last.
    const at = head === '' || /^(?:&\S+|!!set|&\S+ !!set)$/.test(head) ? 0 : all.length - 1;
    if (isClosed) all[at] += remark();
    return [...remarks(column), ...all];
  }

  function flow(value: unknown, column: number): string {
    if (isSet(value)) return `!!set ${flowSet(value, column)}`;
    if (Array.isArray(value)) return `[${value.map((item) => flowItem(item, column)).join(separator(column))}]`;
    if (isCollection(value)) return flowMap(shuffled(fieldsOf(value as Record<string, unknown>)), column);
    return styledScalar(value, column, 'flow', style, choices);
  }

  function flowItem(value: unknown, column: number): string {
    const known = anchorOf(value);
    return known === undefined ? flow(value, column) : `*${known} `;
  }

  function flowMap(fields: readonly Field[], column: number): string {
    const entries = fields.map(([key, value]) => {
      const text = styledScalar(key, column, 'key', style, choices);
      return `${text.length > 500 ? '? ' : ''}${text} : ${flowItem(value, column)}`;
    });
    return `{${entries.join(separator(column))}}`;
  }

  function flowSet(set: YamlTagged, column: number): string {
    const keys = Object.keys(set.value as object).map(
      (key) => `? ${styledScalar(key, column, 'key' satisfies Place, style, choices)}`,
    );
    return `{${keys.join(separator(column))}}`;
  }

  function separator(column: number): string {
    if (!choices.chance(0.3)) return choices.oneOf([', ', ',  ', ' , ']);
    return `,${remark()}\n${' '.repeat(column + choices.between(0, 3))}`;
  }

  function shuffled(fields: readonly Field[]): Field[] {
    if (!style.shuffledKeys) return [...fields];
    const left = [...fields];
    return fields.map(() => left.splice(choices.between(0, left.length - 1), 1)[0] as Field);
  }

  /** Some fields come by a merge key, one of them with a value that the map itself overrides. */
  function splitForMerge(fields: readonly Field[]): { merged: Field[]; fields: readonly Field[] } {
    const isText = fields.every(([key]) => typeof key === 'string');
    if (!isText || fields.length < 2 || !choices.chance(style.merges)) return { merged: [], fields };
    const at = choices.between(1, fields.length - 1);
    const overridden: Field = [fields[at]?.[0], 'of the merge'];
    return { merged: [...fields.slice(0, at), overridden], fields: fields.slice(at) };
  }

  function remarks(column: number): string[] {
    const lines: string[] = [];
    if (choices.chance(style.comments)) lines.push(`${' '.repeat(choices.between(0, column))}${comment()}`);
    if (choices.chance(style.blankLines)) lines.push(choices.oneOf(['', ' ']));
    return lines;
  }

  function remark(): string {
    if (choices.chance(style.comments)) return `${' '.repeat(choices.between(1, 3))}${comment()}`;
    return choices.chance(style.trailingBlanks) ? ' '.repeat(choices.between(1, 4)) : '';
  }

  const comment = (): string => `#${choices.oneOf(['', ' a remark', ' runs:', ' - x', ' "', " it's", '\t[', ' ü 😀'])}`;

  return mapLines(document as object, 0);
}

const spellings = new WeakMap<object, string>();

/** Equal for equal values. Remembered: every collection is asked for once for each around it. */
function spelling(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(spell(value));
  const spelled = spellings.get(value) ?? JSON.stringify(spell(value));
  spellings.set(value, spelled);
  return spelled;
}

function isSet(value: unknown): value is YamlTagged {
  return value instanceof YamlTagged && value.tag.endsWith('set');
}

function isCollection(value: unknown): value is YamlValue[] | Record<string, unknown> {
  return Array.isArray(value) || isMap(value);
}
