import { listWorkspace, readInfospace, recordRun } from '@budget/infospace';
import { acknowledgement, budget, describeEnd } from './budget-command.mjs';
import { write } from './infospace.mjs';

/** The same three questions to the library and to the command, so that thousands of cuts can be tried. */
export const library = {
  name: 'library',
  read: async ({ infospace }) => {
    const { totals, warnings } = await readInfospace(infospace);
    return { runs: totals.runs, warnings };
  },
  list: async ({ workspace }) => {
    const [{ totals, warnings, error }] = await listWorkspace(workspace);
    return { runs: totals.runs, warnings, error };
  },
  record: async ({ infospace }, record) => {
    const { run, warnings } = await recordRun({ infospace, records: [record] });
    return { runIndex: run?.runIndex, warnings };
  },
};

export const commandLine = {
  name: 'command line',
  read: async ({ infospace }) => {
    const { runs_count, warnings } = await answerOf('status', infospace);
    return { runs: runs_count, warnings };
  },
  list: async ({ workspace }) => {
    const [{ runs_count, warnings, error }] = await answerOf('list', workspace);
    return { runs: runs_count, warnings, error };
  },
  record: async ({ infospace, recordFile }, record) => {
    const file = recordFile(record.run_id);
    write(file, JSON.stringify(record));
    const { run, warnings } = await answerOf('run', 'record', infospace, '--runs', file);
    return { runIndex: run?.run_index, warnings };
  },
};

async function answerOf(...arguments_) {
  const end = await budget(...arguments_);
  const answer = acknowledgement(end);
  if (answer === null) throw new Error(describeEnd(end));
  return answer;
}
