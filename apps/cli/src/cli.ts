import { CodedError, parseDecimal, parseIsoTime } from '@budget/core';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { CommandResult } from './command-result.js';
import { EXEC_FAILED, exitCodes } from './exit-code.js';
import type { Format } from './render/render-result.js';
import { renderResult } from './render/render-result.js';
import { type Log, stderrLog } from './stderr-log.js';
import type { Terminal } from './terminal.js';

interface GlobalOptions {
  readonly format?: Format;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly logFormat: 'text' | 'json';
}

type ExitCodeOf = (error: CodedError) => number;
type Run = (command: (log: Log) => Promise<CommandResult>, exitCodeOf?: ExitCodeOf) => Promise<void>;

/** Runs one command and gives its exit code. Whatever goes wrong is told on stderr. */
export async function runCli(arguments_: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('budget');
  let exitCode = 0;
  const run: Run = async (command, exitCodeOf = ({ kind }) => exitCodes[kind]) => {
    exitCode = await runCommand(command, program.opts<GlobalOptions>(), terminal, exitCodeOf);
  };
  describe(program, terminal, run);
  try {
    await program.parseAsync([...arguments_], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has already said what is wrong; asking for help is nothing wrong.
    return error.exitCode === 0 ? 0 : exitCodes.usage;
  }
}

async function runCommand(
  command: (log: Log) => Promise<CommandResult>,
  options: GlobalOptions,
  terminal: Terminal,
  exitCodeOf: ExitCodeOf,
): Promise<number> {
  const log = stderrLog(terminal.stderr, options.logFormat);
  try {
    const ran = await command(log);
    const output = ran.to === 'stderr' ? terminal.stderr : terminal.stdout;
    const format = options.format ?? (output.isTTY || ran.to === 'stderr' ? 'table' : 'json');
    const result = await withValue(ran, format);
    const colour = output.isTTY === true && !terminal.environment['NO_COLOR'];
    // What is asked for quietly is done all the same, and fails as it would.
    if (options.quiet && format === 'table') await result.view();
    else await print(renderResult(result, format, colour), output);
    // A program reads the warnings in the value, where it has a place for them.
    const inValue = format !== 'table' && hasWarnings(result.value);
    if (!options.quiet && !inValue) for (const warning of result.warnings ?? []) log('warning', warning);
    return result.exitCode ?? 0;
  } catch (error) {
    if (CodedError.isInstance(error)) {
      log('error', error.message, { code: error.code, file: error.file, line: error.line });
      if (options.verbose) log('error', error.stack ?? '');
      return exitCodeOf(error);
    }
    log(
      'error',
      `This is a fault of budget itself, not yours: ${String(error)}. Nothing more was changed. Please report it with what \`--verbose\` prints.`,
    );
    if (options.verbose) log('error', error instanceof Error ? (error.stack ?? '') : '');
    return exitCodes.internal;
  }
}

/** Each piece once the one before is on its way, until nobody reads any more. */
async function print(pieces: AsyncIterable<string>, output: NodeJS.WriteStream): Promise<void> {
  for await (const piece of pieces) {
    await new Promise((resolve) => output.write(piece, resolve));
    if (!output.writable) return;
  }
}

/** A value that takes long is not made for a table. */
async function withValue(result: CommandResult, format: Format): Promise<CommandResult> {
  if (format === 'table' || typeof result.value !== 'function') return result;
  return { ...result, value: await result.value() };
}

function hasWarnings(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'warnings' in value;
}

/** The table of commands. Each is loaded when it is run and not before. */
function describe(program: Command, terminal: Terminal, run: Run): void {
  const { directory } = terminal;
  // What Commander says of wrong usage, in its own words for people.
  const tell = (level: 'note' | 'error', text: string): void => {
    const { logFormat } = program.opts<GlobalOptions>();
    if (logFormat === 'text') terminal.stderr.write(text);
    else stderrLog(terminal.stderr, logFormat)(level, text.replace(/^error: /, '').trimEnd());
  };
  program
    .description('Plan, meter, limit and explain what programs spend on language models.')
    .version(terminal.version, '-V, --version')
    .addOption(
      new Option('--format <format>', 'default: a table on a terminal, else JSON').choices([
        'table',
        'json',
        'yaml',
        'csv',
      ]),
    )
    .option('--quiet', 'no tables and no warnings')
    .option('--verbose', 'errors with their stack')
    .addOption(
      new Option(
        '--log-format <format>',
        'form of warnings and errors on stderr: lines for people, or a JSON object each',
      )
        .choices(['text', 'json'])
        .default('text'),
    )
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => tell('note', text),
      outputError: (message) => tell('error', message),
    })
    .showHelpAfterError('(`budget --help` lists the commands; `budget <command> --help` its options)')
    .addHelpText('after', `\n${WORDS}`)
    .exitOverride();

  program
    .command('init [infospace]')
    .description('make a directory an infospace: budget.yaml, its schema, a .gitignore')
    .action((infospace?: string) => run(async () => (await import('./commands/init.js')).init(infospace, directory)));

  const plan = program.command('plan').description('record, list or show what you expect to spend');
  plan
    .command('record [infospace]')
    .description('record a plan, JSON or YAML')
    .requiredOption('--from <file>', 'the plan; - for standard input')
    .action((infospace: string | undefined, options: { from: string }) =>
      run(async () => (await import('./commands/plan-record.js')).planRecord(infospace, options, terminal)),
    );
  plan
    .command('list [infospace]')
    .description('the recorded plans, oldest first')
    .action((infospace?: string) =>
      run(async () => (await import('./commands/plan-list.js')).planList(infospace, directory)),
    );
  plan
    .command('show [infospace]')
    .description('one plan in full')
    .option('--snapshot <id>', 'which one', 'latest')
    .action((infospace: string | undefined, options: { snapshot: string }) =>
      run(async () => (await import('./commands/plan-show.js')).planShow(infospace, options, directory)),
    );

  program
    .command('run')
    .description('record what you did spend')
    .command('record [infospace]')
    .description('make one run of the run records that are not yet recorded')
    .option('--runs <names...>', 'files, directories or patterns; default: all in output/workflows/runs/')
    .option('--snapshot <id>', 'the plan it ran against: an id, latest or none', 'latest')
    .option('--workspace <directory>', 'where model-rates.yaml is')
    .option('--started-at <time>', 'ISO 8601', time)
    .option('--duration-seconds <number>', 'how long the run took', seconds)
    .option('--workplan <id>', WORKPLAN)
    .option('--workplan-task <id>', WORKPLAN_TASK)
    .addHelpText(
      'after',
      examples('budget run record my-project', 'budget run record my-project --runs today.yaml --snapshot none'),
    )
    .action((infospace: string | undefined, options) =>
      run(async (log) => (await import('./commands/run-record.js')).runRecord(infospace, options, terminal, log)),
    );

  const exec = program.command('exec');
  exec
    .description('run any program under a budget: what its calls cost is limited, counted and recorded')
    .usage('[options] -- <command> [arguments...]')
    .showHelpAfterError(
      '(as in `budget exec --max-usd 5 -- python agent.py --fast`; `budget exec --help` lists the options)',
    )
    .configureOutput({ outputError: (message) => tell('error', withDashes(message, exec.args)) })
    .argument('<command...>', 'the program and its arguments, as they stand')
    .option('--max-usd <amount>', 'what this run may spend, such as 5 or 0.25', dollars)
    .option('--warn-usd <amount>', 'from here on a warning', dollars)
    .option('--max-calls <count>', 'how many calls it may make', count)
    .option('--max-tokens <count>', 'how many tokens they may use together', count)
    .addOption(
      new Option(
        '--on-exceed <what>',
        'with a call that does not fit; default: what budget.yaml says, else refuse',
      ).choices(['refuse', 'stop', 'continue']),
    )
    .addOption(
      new Option(
        '--on-unpriced <what>',
        'with a call under a limit whose price nobody knows; default: what budget.yaml says, else refuse',
      ).choices(['refuse', 'allow']),
    )
    .option('--clamp', 'shorten an answer to what there is room for, instead of refusing the call')
    .option('--strict', 'set upper bounds aside rather than likely figures')
    .option('--task <name>', 'what its calls are for', tag)
    .option('--thread <id>', 'the thread that they count on', tag)
    .option('--agent <id>', 'who makes them', tag)
    .addOption(
      new Option('--estimate <detail>', 'of the plan, before it begins')
        .choices(['none', 'short', 'full'])
        .default('short'),
    )
    .option('--plan <plan>', 'the plan it runs against: an id, a file, latest or none; default: the latest')
    .option('--infospace <directory>', 'where the run is recorded; default: the nearest one upward, if any')
    .option('--result-file <file>', 'write there how it ended, as JSON')
    .option('--workplan <id>', WORKPLAN)
    .option('--workplan-task <id>', WORKPLAN_TASK)
    .option('--pass-keys', 'let the program see its real keys, so that calls past the proxy are not stopped')
    .addHelpText(
      'after',
      examples(
        'budget exec --max-usd 5 -- python agent.py --fast',
        'budget exec --max-calls 20 --on-exceed stop --infospace my-project -- npm test',
      ),
    )
    .action((command: [string, ...string[]], options) =>
      run(async (log) => (await import('./commands/exec.js')).exec(command, options, terminal, log), execExitCode),
    );

  program
    .command('status [infospace]')
    .description('where an infospace stands: plans, runs, spending, the last variance')
    .action((infospace?: string) =>
      run(async () => (await import('./commands/status.js')).status(infospace, terminal)),
    );
  program
    .command('list [workspace]')
    .description('all infospaces of a workspace with what they used')
    .action((workspace = '.') => run(async () => (await import('./commands/list.js')).list(workspace, directory)));
  program
    .command('show [infospace]')
    .description('the last runs of an infospace, and the variance of the last one; as JSON, its files whole')
    .option('--last <count>', 'how many runs the table shows', count, 20)
    .action((infospace: string | undefined, options: { last: number }) =>
      run(async () => (await import('./commands/show.js')).show(infospace, options, terminal)),
    );
  program
    .command('cost <files...>')
    .description('what responses cost: JSON, event streams, or JSON lines of recorded exchanges; - for standard input')
    .option('--provider <name>', 'who answered; default: as the host or the response tells')
    .option('--model <id>', 'which model; default: as the response says')
    .option('--at <time>', 'when it was called, ISO 8601; default: as the response says, else now', dateOrTime)
    .option('--receipt', 'with the arithmetic of each cost')
    .option('--workspace <directory>', 'where model-rates.yaml is')
    .addHelpText(
      'after',
      examples('budget cost answer.json --receipt', 'budget cost - --model gpt-5-mini < answer.json'),
    )
    .action((files: string[], options) =>
      run(async () => (await import('./commands/cost.js')).cost(files, options, terminal)),
    );
  program
    .command('estimate <request>')
    .description('what a request may cost, before it is sent; - for standard input')
    .option('--model <id>', 'default: as the request says')
    .option('--provider <name>', 'who would be called; default: who makes the model')
    .option('--strict', 'an upper bound: bytes for tokens')
    .option('--at <time>', 'ISO 8601; default: now', dateOrTime)
    .option('--workspace <directory>', 'where model-rates.yaml is')
    .action((request: string, options) =>
      run(async () => (await import('./commands/estimate.js')).estimate(request, options, terminal)),
    );
  program
    .command('explain <run>')
    .description('where the cost of a recorded run comes from, stage by stage: its number, its run_id, or latest')
    .option('--infospace <directory>', 'default: the nearest one upward')
    .option('--workspace <directory>', 'where model-rates.yaml is')
    .action((wanted: string, options) =>
      run(async () => (await import('./commands/explain.js')).explain(wanted, options, terminal)),
    );
  const pricing = program.command('pricing').description('what models cost');
  pricing
    .command('list [part-of-name]')
    .description('every price that is known, or those whose model has a part of its name so')
    .option('--provider <name>', 'of one provider only')
    .option('--workspace <directory>', 'where model-rates.yaml is')
    .action((part: string | undefined, options) =>
      run(async () => (await import('./commands/pricing.js')).pricingList(part, options, terminal)),
    );
  pricing
    .command('show <model>')
    .description('what a model costs, in each version of its price')
    .option('--provider <name>', 'default: who makes the model')
    .option('--at <time>', 'ISO 8601; default: now', dateOrTime)
    .option('--workspace <directory>', 'where model-rates.yaml is')
    .action((model: string, options) =>
      run(async () => (await import('./commands/pricing.js')).pricingShow(model, options, terminal)),
    );
  const limits = program
    .command('limits')
    .summary('what scopes may use, and what they used')
    .description(`what scopes may use, and what they used. They are kept in the ledger: ${LEDGER}`);
  limits
    .command('set <scope>')
    .description('set or change one limit of a scope, or remove it; put the scope under a parent')
    .addOption(new Option('--unit <unit>', 'what is limited').choices(['usd', 'tokens', 'calls', 'nano_usd']))
    .option('--limit <amount>', 'how much: dollars such as 5 or 0.25, or a whole number')
    .addOption(
      new Option('--window <window>', 'when it starts anew; default: lifetime').choices([
        'day',
        'week',
        'month',
        'lifetime',
      ]),
    )
    .option(
      '--time-zone <name>',
      "of the window, such as Europe/Paris; default: as the limit has it, else this machine's",
    )
    .option(
      '--threshold <percent=severity>',
      'warn at this percent, such as 80=warning; may be repeated; none for none',
      collected,
    )
    .option('--parent <scope>', 'what is reserved on this scope counts there too; none: it has no parent')
    .option('--remove', 'the limit with this unit and window')
    .addHelpText(
      'after',
      examples(
        'budget limits set application:chat --unit usd --limit 5 --window day --threshold 80=warning',
        'budget limits set application:chat --parent org',
      ),
    )
    .action((scope: string, options) =>
      run(async () => (await import('./commands/limits-set.js')).limitsSet(scope, options, terminal)),
    );
  limits
    .command('list')
    .description('all scopes with their limits and what is used of them')
    .option('--scope-prefix <text>', 'only those whose name begins so')
    .action((options) => run(async () => (await import('./commands/limits.js')).limitsList(options, terminal)));
  limits
    .command('show <scope>')
    .description('one scope: its limits, its parent, what was used')
    .action((scope: string) => run(async () => (await import('./commands/limits.js')).limitsShow(scope, terminal)));
  program
    .command('usage')
    .description('what calls used, from the ledger: since totals began, or in a span of time')
    .addOption(
      new Option('--by <what>', 'a row for each; default: altogether').choices([
        ...['model', 'agent', 'thread', 'phase', 'organisation', 'application', 'infospace', 'day'],
      ]),
    )
    .option('--daily', 'the same as --by day')
    .option('--since <when>', SINCE)
    .option('--until <when>', 'likewise; a day is part of it. Default: now')
    .option('--time-zone <name>', "of days, such as Europe/Paris; default: this machine's")
    .option('--organisation <id>', 'only its calls')
    .action((options) => run(async () => (await import('./commands/usage.js')).usage(options, terminal)));
  const ledger = program
    .command('ledger')
    .description('the file or the database that limits are kept in, and what was learned of calls');
  ledger
    .command('stats <task>')
    .description('what each adapter costs, takes and achieves at a task, and how sure that is')
    .option('--adapter <name>', 'only this one')
    .option('--since <when>', SINCE_DAY)
    .option('--source <name>', SOURCE)
    .option('--confidence <probability>', 'with which intervals hold; default: 0.95', number)
    .action((task: string, options) =>
      run(async () => (await import('./commands/ledger-stats.js')).ledgerStats(task, options, terminal)),
    );
  ledger
    .command('recommend <task>')
    .description('which adapter to call for a task, and why')
    .requiredOption('--candidates <names...>', 'adapters, with blanks or commas between them')
    .option('--min-quality <quality>', 'good enough is whose mean quality is this at least, from 0 to 1', number)
    .option('--max-loss <quality>', 'or: is at most so much below that of the best', number)
    .option('--max-cost <dollars>', 'of a completed call, without cache hits, such as 0.002', dollars)
    .option('--max-p95 <milliseconds>', '95th percentile of the latency', number)
    .option('--explore <share>', 'of calls that may go to those of which more should be learned; default: 0.1', number)
    .option('--seed <text>', 'the same one makes the same choice; default: another each time')
    .option('--default <name>', 'who is taken while too little is known; default: the first')
    .option('--confidence <probability>', 'that nobody is wrongly said to be good enough; default: 0.95', number)
    .option('--since <when>', SINCE_DAY)
    .option('--source <name>', SOURCE)
    .action((task: string, options) =>
      run(async () => (await import('./commands/ledger-recommend.js')).ledgerRecommend(task, options, terminal)),
    );
  ledger
    .command('observe [file]')
    .description('record observations of calls, JSON lines, each once by its id; default: standard input')
    .action((file = '-') =>
      run(async () => (await import('./commands/ledger-observe.js')).ledgerObserve(file, terminal)),
    );
  ledger
    .command('judge <id>')
    .description('say how good an observed call was')
    .requiredOption('--quality <quality>', 'from 0 to 1', number)
    .requiredOption('--source <name>', 'who says so, such as tests or user; each says it once')
    .action((id: string, options) =>
      run(async () => (await import('./commands/ledger-judge.js')).ledgerJudge(id, options, terminal)),
    );
  ledger
    .command('rebuild')
    .description('compare every sum of observations with what it sums, and mend what differs')
    .option('--check', 'only compare; ends with 4 where something differs')
    .action((options) =>
      run(async () => (await import('./commands/ledger-rebuild.js')).ledgerRebuild(options, terminal)),
    );
  ledger
    .command('backup <to>')
    .description('copy a ledger in a file to a new file, also while others use it')
    .action((to: string) => run(async () => (await import('./commands/ledger-backup.js')).ledgerBackup(to, terminal)));
  ledger
    .command('export')
    .description('limits and what counts on them as JSON lines, to be imported into another ledger; or observations')
    .option('--output <file>', 'a new file; default: standard output')
    .option('--observations', 'instead, as JSON lines, or with --format csv: `ledger observe` reads the former')
    .option('--since <when>', `of observations: ${SINCE}`)
    .option('--until <when>', 'likewise; a day is part of it')
    .option('--time-zone <name>', "of these days; default: this machine's")
    .action((options) =>
      run(async () => {
        if (!options.observations) return (await import('./commands/ledger-export.js')).ledgerExport(options, terminal);
        const { ledgerExportObservations } = await import('./commands/ledger-export-observations.js');
        return ledgerExportObservations(options, program.opts<GlobalOptions>().format, terminal);
      }),
    );
  ledger
    .command('import <file>')
    .description('take an export over into a ledger that nobody has used, all of it or nothing; - for standard input')
    .action((file: string) =>
      run(async () => (await import('./commands/ledger-import.js')).ledgerImport(file, terminal)),
    );
  program
    .command('serve')
    .description('serve the limits of the ledger over HTTP, to programs in any language, until it is told to end')
    .option('--host <address>', 'where it listens; default: 127.0.0.1. Another one needs a token')
    .option('--port <number>', 'default: 8791; 0 takes any that is free', port)
    .option('--token <token>', 'what clients must bear; others on this machine may see it in the list of processes')
    .option('--token-file <file>', 'a file with the token; default: what BUDGET_SERVE_TOKEN holds, else none is needed')
    .option(
      '--allowed-host <name>',
      'a name that it is asked under, besides those of this machine; repeat it',
      collected,
    )
    .action((options) => run(async (log) => (await import('./commands/serve.js')).serve(options, terminal, log)));
  const hub = program.command('hub').description("the organisation's hub, and the events that wait for it");
  hub
    .command('status')
    .description('which hub gets the events, and how many wait, were refused or dropped')
    .action(() => run(async () => (await import('./commands/hub.js')).hubStatus(terminal)));
  hub
    .command('flush')
    .description('send the events that wait')
    .option('--dead', 'also those that the hub refused for good')
    .action((options) => run(async () => (await import('./commands/hub.js')).hubFlush(options, terminal)));
  hub
    .command('doctor')
    .description('look at the settings, the outbox and the hub, without recording anything')
    .action(() => run(async () => (await import('./commands/hub.js')).hubDoctor(terminal)));
  hub
    .command('serve')
    .description('run a small hub, for an organisation without one, until it is told to end')
    .option('--host <address>', 'where it listens; default: 127.0.0.1. Another one needs --tokens')
    .option('--port <number>', 'default: 8790; 0 takes any that is free', port)
    .option('--database <where>', HUB_DATABASE)
    .option('--tokens <file>', 'the hashes of the tokens; default: what BUDGET_HUB_SERVE_TOKENS holds')
    .action((options) =>
      run(async (log) => (await import('./commands/hub-serve.js')).hubServe(options, terminal, log)),
    );
  const archive = program.command('archive').description('put a finished project away, and still know what it cost');
  archive
    .command('create [infospace]')
    .description('pack an infospace with its budget summary; what is written is read back before it gets its name')
    .option('--to <directory>', 'where the archive is put; default: here')
    .option('--include <paths...>', 'what is usually left out: .git, node_modules, .env and keys')
    .action((infospace: string | undefined, options) =>
      run(async () => (await import('./commands/archive-create.js')).archiveCreate(infospace, options, terminal)),
    );
  archive
    .command('verify <archives...>')
    .description('compare all that is in archives with what they say of it; nothing is unpacked')
    .action((archives: string[]) =>
      run(async () => (await import('./commands/archive.js')).archiveVerify(archives, terminal)),
    );
  archive
    .command('show <archive>')
    .description('what an archive says of its project and of what that cost')
    .action((given: string) => run(async () => (await import('./commands/archive.js')).archiveShow(given, directory)));
  archive
    .command('list [directory]')
    .description('all archives in a directory with what each project cost')
    .action((archives = '.') =>
      run(async () => (await import('./commands/archive.js')).archiveList(archives, directory)),
    );
  program
    .command('doctor [infospace]')
    .description('look at every file; set aside what is broken, complete what was interrupted')
    .action((infospace?: string) =>
      run(async () => (await import('./commands/doctor.js')).doctor(infospace, terminal)),
    );
}

const WORDS = `An infospace is the directory of one project, with its plans and runs.
A workspace is a directory that holds infospaces/*.`;
const LEDGER = `the file or the postgres:// address in BUDGET_LEDGER, else \${XDG_DATA_HOME:-~/.local/share}/budget/ledger.db`;
const HUB_DATABASE = `its SQLite file or a postgres:// address; default: BUDGET_HUB_DATABASE, else \${XDG_DATA_HOME:-~/.local/share}/budget/hub.db`;
const SINCE = 'a day, a time, today, yesterday, week, month, or how long ago, as in 7d or 24h';
const SINCE_DAY = 'only calls from this day on, in UTC: a day, today, or how long ago, as in 7d';
const SOURCE = 'whose judgements count; default: the newest of each call';
const WORKPLAN = 'what it was run for, told to the hub; default: BUDGET_WORKPLAN_ID';
const WORKPLAN_TASK = 'which task of it; default: BUDGET_WORKPLAN_TASK_ID';

/** For the end of a command's help. */
function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** What is unknown to us behind a program is mostly an option of its own. */
function withDashes(message: string, [program]: readonly string[]): string {
  if (!message.startsWith('error: unknown option') || program === undefined || program.startsWith('-')) return message;
  const [unknown, ...suggestion] = message.split('\n');
  return [`${unknown}. If it is for ${program}, put -- before ${program}`, ...suggestion].join('\n');
}

/** As `env` and `nohup` have it, so that it is not taken for the program's own. */
function execExitCode({ kind, code }: CodedError): number {
  if (kind === 'budget') return exitCodes.budget;
  return code === 'command_not_found' ? 127 : code === 'command_failed' ? 126 : EXEC_FAILED;
}

/** Decimals beyond the nano-USD, enough for any number that a person would write. */
const FINER = 40;

/** Nano-USD; down, never up. */
function dollars(given: string): bigint {
  const exact = /^\d+(?:\.\d+)?$|^\.\d+$/.test(given) ? parseDecimal(given, 9 + FINER) : null;
  if (exact !== null) return exact.units / 10n ** BigInt(FINER);
  throw new InvalidArgumentError('An amount is a number of US dollars, such as 5 or 0.25.');
}

/** An option that may stand several times. */
function collected(given: string, before: readonly string[] = []): readonly string[] {
  return [...before, given];
}

/** As a header of a call may name it. */
function tag(given: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would spoil every list that shows it
  if (given.trim() !== '' && given.length <= 400 && !/[\u0000-\u001f\u007f]/.test(given)) return given.trim();
  throw new InvalidArgumentError('A name has 1 to 400 characters, and none of them ends a line.');
}

function time(given: string): string {
  if (parseIsoTime(given) !== null && given.includes(':')) return given;
  throw new InvalidArgumentError('A time is written as in 2026-11-22T01:49:58Z.');
}

/** In milliseconds since 1970. */
function dateOrTime(given: string): number {
  const ms = parseIsoTime(given);
  if (ms !== null) return ms;
  throw new InvalidArgumentError('A time is written as in 2026-11-22T01:49:58Z, a day as in 2026-11-22.');
}

function count(given: string): number {
  const number = Number(given);
  if (/^\d+$/.test(given) && Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('A count is a whole number from 1 on.');
}

function port(given: string): number {
  const number = Number(given);
  if (/^\d+$/.test(given) && number <= 65_535) return number;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

function number(given: string): number {
  const value = Number(given);
  if (given.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It is a number.');
}

function seconds(given: string): number {
  const number = Number(given);
  if (given.trim() !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new InvalidArgumentError('A duration is a number of seconds that is not negative.');
}
