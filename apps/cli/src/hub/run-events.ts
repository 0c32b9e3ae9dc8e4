import type { buildTokenEvent, EmitResult, HubClient, RunFacts, TokenEvent } from '@budget/hub-client';
import {
  type AnnouncedRun,
  type AnnounceRun,
  type AnnounceRunOutside,
  CodedError,
  readInfospaceName,
} from '@budget/infospace';
import { applicationOfRun } from '../application.js';
import type { Log } from '../stderr-log.js';
import type { Terminal } from '../terminal.js';
import { privateWords } from './private-words.js';
import { factsOfCalls, factsOfRun } from './run-facts.js';
import { runOfOther } from './run-of-other.js';
import { noWorkplan, type Workplan } from './workplan.js';

/** The events of the runs of one command. */
export interface RunEvents {
  /** Of the command. */
  readonly workplan: Workplan;
  /** The user wants no events. A run that begins now is told of by nobody, also where it is killed and found later. */
  isOptedOut(): Promise<boolean>;
  /** Puts the event of a run into the outbox. Its workplan is that of the command, unless another process began it. */
  readonly announce: AnnounceRun;
  /** As `announce`, of runs that other processes have begun. */
  readonly announceOthers: AnnounceRun;
  /** Tries to send the event of a run, once, and logs a line where that fails. `null`: it was told of no such run. */
  emit(runId: string, log: Log): Promise<EmitResult | null>;
  /** The same of a run outside any infospace, whose name is that of who is observed, as its own directory says. */
  readonly announceOutside: AnnounceRunOutside;
}

/** How a run outside any infospace is called. */
const OUTSIDE = 'outside';

/**
 * @param root of the infospace; `null` outside of any. Nothing is loaded and nothing is read before there is something to
 * tell.
 */
export function runEvents(root: string | null, terminal: Terminal, workplan: Workplan = noWorkplan): RunEvents {
  const events = new Map<string, TokenEvent>();
  let opened: Promise<OpenedHub> | undefined;
  let fault: Error | null = null;
  const open = (): Promise<OpenedHub> => {
    opened ??= openFor(root, terminal);
    return opened;
  };

  async function put(facts: FactsOfRun): Promise<void> {
    // What the project's files are to blame for is theirs to mend, and the next command tries again.
    await queue(facts).catch((error) => {
      if (CodedError.isInstance(error)) throw error;
      fault = error as Error;
    });
  }

  async function queue(factsOf: FactsOfRun): Promise<void> {
    const hub = await open();
    if (hub.client.disabled !== null) return;
    const facts = await factsOf(hub);
    if (facts === null) return;
    const event = hub.buildTokenEvent(facts, privateWords());
    events.set(event.id, event);
    hub.client.queue(event);
  }

  async function emit(runId: string): Promise<(EmitResult & { readonly isMistake?: boolean }) | null> {
    const { client } = await open();
    if (client.disabled !== null) return { status: 'disabled', ...client.disabled };
    const event = events.get(runId);
    if (event === undefined && fault !== null) throw fault;
    return event === undefined ? null : await client.emit(event);
  }

  const announceOwn = (run: AnnouncedRun): Promise<void> =>
    put(({ workspace, infospace }) => factsOfRun(run, { workspace, infospace, workplan }));
  const announceOther = (run: AnnouncedRun): Promise<void> =>
    put(async ({ workspace, infospace }) => {
      const other = await runOfOther(root, run.runId);
      return other.hubDisabled ? null : factsOfRun(run, { workspace, infospace, workplan: other.workplan });
    });

  return {
    workplan,
    isOptedOut: () =>
      open().then(
        ({ client }) => client.disabled?.isOptOut ?? false,
        () => false,
      ),
    announce: (run, { isLeftOver }) => (isLeftOver ? announceOther(run) : announceOwn(run)),
    announceOthers: announceOther,
    async announceOutside(run) {
      const infospace = applicationOfRun(run.state, terminal.environment, null);
      await put(() => (run.state.hubDisabled ? null : factsOfCalls(run, { workspace: OUTSIDE, infospace })));
    },
    async emit(runId, log) {
      const result = await emit(runId).catch((error: Error) => faultOfOurs(error));
      const line = result && lineOf(result);
      if (line) log('warning', line);
      return result && { status: result.status, reason: result.reason };
    },
  };
}

/** A run is not to end otherwise because of the hub, not even where this code is wrong. */
function faultOfOurs({ message }: Error): EmitResult {
  return { status: 'dropped', reason: `${message}; please report this` };
}

/** `null`: nothing is told of it. */
type FactsOfRun = (opened: OpenedHub) => RunFacts | null | Promise<RunFacts | null>;

interface OpenedHub {
  readonly client: HubClient;
  /** Of the client, and loaded with it: asking for it once more takes a while of its own. */
  readonly buildTokenEvent: typeof buildTokenEvent;
  readonly workspace: string;
  readonly infospace: string;
}

async function openFor(root: string | null, terminal: Terminal): Promise<OpenedHub> {
  const { buildTokenEvent, openHub } = await import('./open-hub.js');
  const client = await openHub(terminal);
  // Settings take libraries to read, which nobody waits for who has no hub.
  if (root === null || client.disabled !== null) return { client, buildTokenEvent, workspace: OUTSIDE, infospace: '' };
  const { workspace, slug, hubDisabled } = await readInfospaceName(root);
  const allowed = hubDisabled ? await openHub(terminal, true) : client;
  return { client: allowed, buildTokenEvent, workspace, infospace: slug };
}

function lineOf({ status, reason, isMistake }: EmitResult & { readonly isMistake?: boolean }): string | null {
  if (isMistake === true) return `No event is sent to the hub: ${reason}.`;
  if (status === 'queued')
    return `The hub has not taken the event of this run: ${reason}. It waits in the outbox; a later run or \`budget hub flush\` sends it.`;
  return status === 'dropped' ? `The event of this run has not reached the hub: ${reason}.` : null;
}
