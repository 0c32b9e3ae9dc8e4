import { join } from 'node:path';
import { budget } from './built.mjs';
import { runRecordsOf } from './history.mjs';
import { CALLS_PER_RECORD, runRecordId, writeRunRecord } from './run-records.mjs';

/**
 * Whole processes of `budget run record` on an infospace that has records `0` to `recordCount - 1` in `runCount` runs.
 * Each call of `record` writes one new record and lets `measure` run the command: on that file when `byName`, else as a
 * scan of the standard directory with all the old records in it.
 */
export function recordingScene({ name, infospace, recordCount, runCount, byName }) {
  const directory = byName ? join(infospace, 'new-records') : runRecordsOf(infospace);
  let added = 0;
  return {
    name,
    record(measure) {
      const number = recordCount + added;
      const file = writeRunRecord(directory, number);
      const measured = measure(budget('run', 'record', infospace, ...(byName ? ['--runs', file] : [])));
      added += 1;
      check(JSON.parse(measured.stdout).run, { number, runIndex: runCount + added });
      return measured;
    },
  };
}

/** A command that is fast because it recorded nothing, or something else, is not what is measured. */
function check(run, { number, runIndex }) {
  const actual = [run?.run_index, run?.workflows.map(({ run_id }) => run_id), run?.totals_to_date?.calls];
  const expected = [runIndex, [runRecordId(number)], (number + 1) * CALLS_PER_RECORD];
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw new Error(
    `run record gave index, records and calls to date ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}.`,
  );
}
