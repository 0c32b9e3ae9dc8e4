import type { Database } from 'better-sqlite3';
import type { BatchSums } from '../../batch-sums.js';
import { addSums, type CallSums, type MutableCallSums, noCalls } from '../../call-sums.js';
import { NEWEST, type TaskKey } from '../../rollup-changes.js';
import { Remembered } from './remembered.js';
import { type Part, partNumber, type RowKey, SumsRows } from './sums-rows.js';

type Change = readonly [TaskKey, BatchSums];

/** Of a row in which nothing is judged yet. No source has this name. */
const NOBODY = '';
/** Each source has a row of its own. */
const SEVERAL = null;

/**
 * Sums of calls by task, day and adapter, and of their qualities by source. To be used inside a transaction.
 *
 * Most are judged by one source only, whose sums are then those of the newest qualities: such a row names its source, which
 * has no row of its own. From when a second one judges, each has.
 */
export class TaskSums {
  readonly #rows: SumsRows;
  readonly #statements: ReturnType<typeof prepare>;
  /** Of the rows that were judged last. */
  readonly #judges = new Remembered<string | null>();

  constructor(database: Database) {
    this.#rows = new SumsRows(database, 'task_sums', ['task', 'source', 'day', 'adapter']);
    this.#statements = prepare(database);
  }

  /** @param changes of each row those of the newest quality, and right behind them those by source */
  add(changes: readonly Change[], part: Part): void {
    for (let start = 0; start < changes.length; ) {
      let end = start + 1;
      while (end < changes.length && changes[end]?.[0].source !== NEWEST) end += 1;
      this.#addTo(changes[start] as Change, changes.slice(start + 1, end), part);
      start = end;
    }
  }

  find(key: TaskKey, part: Part): MutableCallSums | null {
    return this.#rows.find(rowKey(key), part);
  }

  put(key: TaskKey, sums: CallSums, part: Part): void {
    this.#judges.remove(rememberedAs(key, part));
    this.#rows.put(rowKey(key), sums, part);
  }

  /** From now on each source has a row of its own. */
  split(key: TaskKey, part: Part): void {
    const source = this.#judge(key, part);
    if (source === NOBODY || source === SEVERAL) return;
    const sums = this.find({ ...key, source }, part) ?? noCalls();
    addSums(sums, qualitiesOf(this.find({ ...key, source: NEWEST }, part) ?? noCalls()));
    this.put({ ...key, source }, sums, part);
    this.#setJudge(key, part, SEVERAL);
  }

  /** What is remembered: after a transaction that did not happen, and when others may have written. */
  forget(): void {
    this.#rows.forget();
    this.#judges.forget();
  }

  #addTo([key, newest]: Change, bySource: readonly Change[], part: Part): void {
    const [first, second] = bySource;
    if (first === undefined) {
      this.#rows.add(rowKey(key), newest, part);
      return;
    }
    const [{ source }, sumsOfSource] = first;
    const before = this.#judge(key, part);
    // In a damaged file what is said of a row may be wrong: the newest qualities can be those of others, too.
    const isSole = second === undefined && newest.hasQualitiesOf(sumsOfSource);
    const judge = isSole && (before === NOBODY || before === source) ? source : SEVERAL;
    if (judge === SEVERAL) {
      this.split(key, part);
      for (const [ofSource, sums] of bySource) this.#rows.add(rowKey(ofSource), sums, part);
    }
    this.#rows.add(rowKey(key), newest, part);
    if (judge !== before) this.#setJudge(key, part, judge);
  }

  #judge(key: TaskKey, part: Part): string | null {
    const text = rememberedAs(key, part);
    const remembered = this.#judges.get(text);
    if (remembered !== undefined) return remembered;
    const judge = this.#findJudge(key, part);
    this.#judges.set(text, judge);
    return judge;
  }

  #findJudge({ task, day, adapter }: TaskKey, part: Part): string | null {
    const sole = this.#statements.judge.get(task, day, adapter, partNumber(part)) as string | null | undefined;
    if (typeof sole === 'string') return sole;
    const sums = sole === undefined ? null : this.find({ task, day, adapter, source: NEWEST }, part);
    return sums === null || sums.judged === 0 ? NOBODY : SEVERAL;
  }

  #setJudge(key: TaskKey, part: Part, judge: string | null): void {
    this.#statements.setJudge.run(judge, key.task, key.day, key.adapter, partNumber(part));
    this.#judges.set(rememberedAs(key, part), judge);
  }
}

/** What the only source of a row has, of all that is in it. */
export function qualitiesOf({ judged, qualityMillionths, qualitySquaresMillionths }: CallSums): CallSums {
  return { ...noCalls(), judged, qualityMillionths, qualitySquaresMillionths };
}

function rowKey({ task, source, day, adapter }: TaskKey): RowKey {
  return [task, source, day, adapter];
}

function rememberedAs({ task, day, adapter }: TaskKey, part: Part): string {
  return `${part}\0${day}\0${task}\0${adapter}`;
}

function prepare(database: Database) {
  const isRow = `task = ? AND source = '${NEWEST}' AND day = ? AND adapter = ? AND is_forgotten = ?`;
  return {
    judge: database.prepare(`SELECT sole_source FROM task_sums WHERE ${isRow}`).pluck(),
    setJudge: database.prepare(`UPDATE task_sums SET sole_source = ? WHERE ${isRow}`),
  };
}
