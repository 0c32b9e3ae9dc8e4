import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import type { ExportedObservation, ObservationStore } from '@budget/ledger';
import { type CommandResult, text } from '../command-result.js';
import { exitCodes } from '../exit-code.js';
import { inputBytes } from '../input-bytes.js';
import { jsonLines } from '../observing/json-lines.js';
import { readObservation } from '../observing/observation-fields.js';
import { WrongLine } from '../observing/wrong-line.js';
import { openLedger } from '../open-ledger.js';
import { counted, countText } from '../render/amounts.js';
import type { Terminal } from '../terminal.js';

/** As many as a ledger takes at once. */
const BATCH = 1000;
/** More are counted and not named. */
const NAMED_LINES = 100;

interface ReadLine extends ExportedObservation {
  readonly line: number;
}

interface Counts {
  observations: number;
  recorded: number;
  known: number;
  judged: number;
  differing: number;
  readonly differingLines: { readonly line: number; readonly id: string; readonly what: 'observation' | 'judgement' }[];
}

/**
 * Records observations, JSON lines of a file or of standard input, each once by its id. Those before a wrong line are
 * recorded; the rest is not.
 *
 * @throws CodedError `observations_invalid` with the line; `file_unreadable`
 */
export async function ledgerObserve(from: string, terminal: Terminal): Promise<CommandResult> {
  const input = await inputBytes(from, terminal);
  const where = from === '-' ? 'standard input' : resolve(terminal.directory, from);
  const { ledger, store } = await openLedger(terminal);
  const counts: Counts = { observations: 0, recorded: 0, known: 0, judged: 0, differing: 0, differingLines: [] };
  try {
    await observeLines(store, input, counts);
  } catch (error) {
    throw error instanceof WrongLine ? invalidLine(error, where, counts) : error;
  } finally {
    await ledger.close();
  }
  const { differingLines, ...numbers } = counts;
  const { observations, recorded, known, judged, differing } = numbers;
  return {
    value: { ...numbers, differing_lines: differingLines },
    view: () => [
      text(
        `${counted(observations, 'observation')}: ${countText(recorded)} recorded, ${countText(known)} known before.` +
          (judged > 0 ? ` ${counted(judged, 'judgement')} recorded.` : ''),
      ),
      ...(differing > 0 ? [text(differingText(counts))] : []),
    ],
    exitCode: differing > 0 ? exitCodes.input : 0,
  };
}

async function observeLines(store: ObservationStore, input: AsyncIterable<Uint8Array>, counts: Counts): Promise<void> {
  let batch: ReadLine[] = [];
  try {
    for await (const { number, value } of jsonLines(input)) {
      batch.push({ ...readObservation(value, number), line: number });
      if (batch.length < BATCH) continue;
      const full = batch;
      batch = [];
      await record(store, full, counts);
    }
  } catch (error) {
    // What stands before a wrong line is right.
    if (error instanceof WrongLine) await record(store, batch, counts);
    throw error;
  }
  await record(store, batch, counts);
}

async function record(store: ObservationStore, batch: readonly ReadLine[], counts: Counts): Promise<void> {
  if (batch.length === 0) return;
  const outcomes = await store.observe(batch.map(({ kept }) => kept));
  for (const [index, { line, kept, judgements }] of batch.entries()) {
    const outcome = outcomes[index];
    counts.observations += 1;
    if (outcome === 'differs') differs(counts, line, kept.id, 'observation');
    else counts[outcome ?? 'known'] += 1;
    // What was said is of the call in the line, and another one is under its id.
    if (outcome === 'differs') continue;
    for (const judgement of judgements) {
      const judged = await store.judge(judgement);
      if (judged === 'judged') counts.judged += 1;
      else if (judged !== 'known') differs(counts, line, kept.id, 'judgement');
    }
  }
}

function differs(counts: Counts, line: number, id: string, what: 'observation' | 'judgement'): void {
  counts.differing += 1;
  if (counts.differingLines.length < NAMED_LINES) counts.differingLines.push({ line, id, what });
}

function differingText({ differing, differingLines: [first] }: Counts): string {
  const what = first?.what === 'judgement' ? 'what its source says of it' : 'another call';
  return `${countText(differing)} of what is in the lines is in the ledger otherwise, and that stays. The first: line ${first?.line}, ${first?.id}: the ledger has ${what}. \`--format json\` names ${differing > NAMED_LINES ? `the first ${NAMED_LINES}` : 'all'}.`;
}

function invalidLine({ line, message }: WrongLine, file: string, { observations }: Counts): CodedError {
  const before =
    observations === 0 ? 'Nothing was recorded' : `The ${counted(observations, 'observation')} before it are recorded`;
  return new CodedError({
    code: 'observations_invalid',
    kind: 'input',
    file,
    line,
    message: `Line ${line} of ${file} is not recorded, nor is any behind it: ${message}. ${before}; correct the line and give the whole again: nothing is recorded twice.`,
  });
}
