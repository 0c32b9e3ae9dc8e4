import { readPlainScalar } from '../yaml/scalars.js';
import type { Field, Part, Shape } from './usage-shape.js';

/** A map or list of a document. Where entries have it in the same place, it is the same. */
export interface Block {
  readonly parent: Block | null;
  readonly isList: boolean;
  readonly indentation: number;
  readonly depth: number;
  readonly shape: Shape;
  readonly blocks: Map<string, Block>;
  readonly keys: Map<string, Key>;
  readonly lines: Map<string, KnownLine>;
  /** How many times it has begun so far. */
  beginnings: number;
}

interface Key {
  readonly name: string;
  readonly shape: Shape;
  /** The beginning of its map in which it was last seen. */
  seenIn: number;
}

/** A line up to its value. */
export interface KnownLine {
  /** Spaces, dashes, the key and its colon; then a space, or the line end where no value follows. */
  readonly head: Uint8Array;
  readonly hasValue: boolean;
  /** The map that its key is in, or the list of which its value is an item. */
  readonly block: Block;
  readonly key: Key;
  /** Whether its map begins with it. An item without a key counts as such. */
  readonly isFirst: boolean;
  /** What of the usage begins with it. */
  readonly part: Part | null;
  /** What its value is of use for. */
  readonly field: Field | null;
  /** What has come after it so far. */
  readonly followers: KnownLine[];
}

// What stands between quotes may be a key too; so may words, with all that the names of models have in them.
const HEAD = /^( *)((?:- )*)(?:(\w(?:[\w./@-]|[ :](?=\w))*|'[\x20-\x26\x28-\x7e]*'):([ \n]))?/;
const MAX_HEAD_LENGTH = 500;
// The whole parser takes a hundred.
const MAX_DEPTH = 90;
// Usage files are made of a hundred or two; there are ever new ones only where keys are data.
const MAX_LINES = 10_000;
const MAX_FOLLOWERS = 8;

/**
 * The lines of a document in plain block layout, as far as their values. One entry is much like another: a line is taken
 * apart once, and from then on known by its bytes and by the line that it follows.
 */
export class KnownLines {
  private readonly root: Block;
  private lineCount = 0;

  constructor(
    private readonly bytes: Buffer,
    shape: Shape,
  ) {
    this.root = newBlock(null, false, 0, shape);
  }

  /** Stands before the first line. */
  start(): KnownLine {
    return newLine('', true, this.root, newKey('', {}), true);
  }

  /** The line at `position`, which comes after `previous`; `null` where it is not certain what it means. */
  next(previous: KnownLine, position: number): KnownLine | null {
    const line = this.knownFollower(previous, position) ?? this.newFollower(previous, position);
    if (line === null) return null;
    const { block, key } = line;
    if (line.isFirst) block.beginnings++;
    const isDuplicate = key.seenIn === block.beginnings;
    key.seenIn = block.beginnings;
    return isDuplicate ? null : line;
  }

  private knownFollower(previous: KnownLine, position: number): KnownLine | null {
    const { followers } = previous;
    for (let index = 0; index < followers.length; index++) {
      const line = followers[index] as KnownLine;
      if (startsWith(this.bytes, position, line.head)) return line;
    }
    return null;
  }

  private newFollower(previous: KnownLine, position: number): KnownLine | null {
    const lineEnd = this.bytes.indexOf('\n', position) + 1;
    const text = this.bytes.toString('latin1', position, Math.min(lineEnd, position + MAX_HEAD_LENGTH));
    const line = this.takeApart(previous, text);
    if (line !== null && previous.followers.length < MAX_FOLLOWERS) previous.followers.push(line);
    return line;
  }

  private takeApart(previous: KnownLine, text: string): KnownLine | null {
    const [head = '', spaces = '', dashes = '', keyText, end] = HEAD.exec(text) ?? [];
    const hasKey = keyText !== undefined;
    const dashCount = dashes.length / 2;
    const name = hasKey ? readKey(keyText) : '';
    if (name === null || !(hasKey || dashCount > 0)) return null;
    let block = blockAt(previous, spaces.length, dashCount > 0);
    if (block?.shape.onlyMaps && !(hasKey && dashCount === 1)) return null;
    // Behind a dash, at its own column, begins the list of the next dash or the map of the key.
    for (let dash = 2; dash <= dashCount; dash++) block = block && innerBlock(block, '', true, block.indentation + 2);
    if (hasKey && dashCount > 0) block = block && innerBlock(block, '', false, block.indentation + 2);
    if (block === null || block.depth > MAX_DEPTH) return null;
    // Whoever looks for `runs:` in the text must find it.
    if (keyText !== name && block.shape.fields?.has(name)) return null;
    const isFirst = dashCount > 0 || block.parent === previous.block;
    return this.lineOf(block, name, head, !hasKey || end === ' ', isFirst);
  }

  private lineOf(block: Block, name: string, head: string, hasValue: boolean, isFirst: boolean): KnownLine | null {
    const id = `${isFirst}${head}`;
    const known = block.lines.get(id);
    if (known !== undefined) return known;
    if (++this.lineCount > MAX_LINES) return null;
    const line = newLine(head, hasValue, block, keyOf(block, name), isFirst);
    // A block where a scalar is expected.
    if (line.field !== null && !hasValue) return null;
    block.lines.set(id, line);
    return line;
  }
}

/** The map or list, open or beginning, to which a line belongs by its indentation. */
function blockAt(previous: KnownLine, indentation: number, isItem: boolean): Block | null {
  const { block, hasValue, key } = previous;
  // A list under a key stands at the key's own column or deeper, a map only deeper.
  const isBelow = indentation > block.indentation || (isItem && indentation === block.indentation);
  if (!hasValue && isBelow) return innerBlock(block, key.name, isItem, indentation);
  let open: Block | null = block;
  while (open !== null && (open.indentation > indentation || (open.isList && !isItem))) open = open.parent;
  return open !== null && open.indentation === indentation && open.isList === isItem ? open : null;
}

function innerBlock(parent: Block, name: string, isList: boolean, indentation: number): Block {
  const id = `${name}${isList ? '-' : ':'}${indentation}`;
  const known = parent.blocks.get(id);
  if (known !== undefined) return known;
  const shape = (parent.isList ? parent.shape.items : keyOf(parent, name).shape) ?? {};
  const isExpected = (isList ? shape.items : shape.fields) !== undefined;
  const block = newBlock(parent, isList, indentation, isExpected ? shape : {});
  parent.blocks.set(id, block);
  return block;
}

function keyOf(block: Block, name: string): Key {
  const known = block.keys.get(name);
  if (known !== undefined) return known;
  const key = newKey(name, block.shape.fields?.get(name) ?? {});
  block.keys.set(name, key);
  return key;
}

/** `null` for a key such as `on` or `1`, which is no text. */
function readKey(text: string): string | null {
  if (text.startsWith("'")) return text.slice(1, -1);
  return typeof readPlainScalar(text) === 'string' ? text : null;
}

function newBlock(parent: Block | null, isList: boolean, indentation: number, shape: Shape): Block {
  const depth = parent === null ? 1 : parent.depth + 1;
  return {
    parent,
    isList,
    indentation,
    depth,
    shape,
    blocks: new Map(),
    keys: new Map(),
    lines: new Map(),
    beginnings: 0,
  };
}

const newKey = (name: string, shape: Shape): Key => ({ name, shape, seenIn: -1 });

function newLine(head: string, hasValue: boolean, block: Block, key: Key, isFirst: boolean): KnownLine {
  const part = (isFirst && block.shape.part) || null;
  const field = key.shape.field ?? null;
  return { head: Buffer.from(head, 'latin1'), hasValue, block, key, isFirst, part, field, followers: [] };
}

function startsWith(bytes: Buffer, position: number, head: Uint8Array): boolean {
  if (position + head.length > bytes.length) return false;
  for (let index = 0; index < head.length; index++) if (bytes[position + index] !== head[index]) return false;
  return true;
}
