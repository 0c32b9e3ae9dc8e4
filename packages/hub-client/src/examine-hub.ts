import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Fields, isFields } from '@budget/core';
import type { HubClientOptions } from './create-hub-client.js';
import { chooseHub, type HubSettings } from './hub-settings.js';
import { rememberDialect } from './known-dialect.js';
import { codeOf, createWhole, makeDirectory, removeIfThere } from './outbox-files.js';
import { stateDirectoryOf } from './state-directory.js';
import { authorization, isOfHub, MAX_ANSWER_BYTES } from './transports/http-events.js';
import { mcpAnswer } from './transports/mcp-answer.js';
import { type McpDialect, mcpSession } from './transports/mcp-session.js';
import type { Requester } from './transports/send-request.js';
import { abortedAfter } from './with-deadline.js';

export interface HubFinding {
  readonly state: 'fine' | 'off' | 'broken';
  /** What was looked at: `settings`, `outbox` or `hub`. */
  readonly what: string;
  /** A sentence for people, with what to do where it is broken. */
  readonly message: string;
}

export type ExamineHubOptions = Pick<
  HubClientOptions,
  'environment' | 'configuration' | 'isDisabledByProject' | 'stateDirectory' | 'requester' | 'lookup'
>;

const DEADLINE_MS = 10_000;
/** Of a list of tools. A server has a few. */
const MAX_PAGES = 100;

/**
 * Looks at the settings, the outbox and the hub, and talks to it without recording anything. Of an MCP server it finds out
 * how it wants to be talked to, and writes that down for later runs. Where the events are turned off it does nothing.
 */
export async function examineHub(options: ExamineHubOptions = {}): Promise<readonly HubFinding[]> {
  const { environment = process.env, configuration, isDisabledByProject } = options;
  const choice = chooseHub({ environment, configuration, isDisabledByProject });
  if (choice.settings === null) {
    const message = `No events are sent: ${choice.reason}.`;
    return [{ state: choice.isMistake ? 'broken' : 'off', what: 'settings', message }];
  }
  const { settings } = choice;
  const stateDirectory = options.stateDirectory ?? stateDirectoryOf(environment);
  const requester = options.requester ?? (await import('./transports/send-request.js')).nodeRequester(options.lookup);
  const token = settings.token === null ? 'without a token' : 'with a token';
  try {
    return [
      fine('settings', `Events go to ${settings.url} by ${settings.transport}, ${token}.`),
      examineOutbox(join(stateDirectory, 'outbox')),
      settings.transport === 'http'
        ? await examineHttp(settings, requester)
        : await examineMcp(settings, requester, stateDirectory),
    ];
  } finally {
    requester.close();
  }
}

const fine = (what: string, message: string): HubFinding => ({ state: 'fine', what, message });
const broken = (what: string, message: string): HubFinding => ({ state: 'broken', what, message });

function examineOutbox(directory: string): HubFinding {
  const name = `probe-${randomUUID()}`;
  try {
    makeDirectory(directory);
    createWhole(directory, name, '');
    removeIfThere(join(directory, name));
    return fine('outbox', `Events can be written to ${directory}.`);
  } catch (error) {
    return broken(
      'outbox',
      `Events cannot be written to ${directory} (${codeOf(error)}): what the hub does not take at once is lost. Check who owns it, and whether the disk is full.`,
    );
  }
}

/** A batch without an event changes nothing. A hub may call it a mistake, and has been reached all the same. */
async function examineHttp(settings: HubSettings, requester: Requester): Promise<HubFinding> {
  try {
    const answer = await abortedAfter(DEADLINE_MS, (signal) =>
      requester.send({
        method: 'POST',
        url: `${settings.url}/token-events`,
        body: '[]',
        maxBytes: MAX_ANSWER_BYTES,
        signal,
        headers: { ...authorization(settings), 'content-type': 'application/cloudevents-batch+json' },
      }),
    );
    const { status } = answer;
    const isYes = status >= 200 && status < 300;
    if (isYes && !isOfHub(answer))
      return broken(
        'hub',
        `What answers (${status}) is no hub: check BUDGET_HUB_URL, and whether the network wants a login.`,
      );
    const isHub = isYes || [400, 415, 422].includes(status);
    return isHub ? fine('hub', `The hub answers (${status}).`) : broken('hub', statusText(status));
  } catch (error) {
    return broken('hub', unreachable(error));
  }
}

/** Both ways of talking are tried, the simpler one first. */
async function examineMcp(settings: HubSettings, requester: Requester, stateDirectory: string): Promise<HubFinding> {
  let why = '';
  for (const dialect of ['stateless', 'handshake'] as const) {
    const tools = await toolsOf(settings, requester, dialect).catch((error) => unreachable(error));
    if (typeof tools === 'string') {
      why = tools;
      continue;
    }
    const remembered = remember(stateDirectory, settings.url, dialect);
    if (remembered !== null) return remembered;
    const how = dialect === 'stateless' ? 'each call stands alone' : 'a handshake comes before each call';
    if (tools.includes(settings.tool)) return fine('hub', `The hub has the tool ${settings.tool}; ${how}.`);
    return broken('hub', `The hub answers, but has no tool ${settings.tool}. Name its tool in the configuration.`);
  }
  return broken('hub', why);
}

/** The names of the tools, or why they are not known. */
async function toolsOf(
  settings: HubSettings,
  requester: Requester,
  dialect: McpDialect,
): Promise<readonly string[] | string> {
  const session = mcpSession(settings, requester, dialect);
  try {
    const names: string[] = [];
    let cursor: unknown;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const parameters = cursor === undefined ? {} : { cursor };
      const { id, answer } = await abortedAfter(DEADLINE_MS, (signal) => session.ask('tools/list', parameters, signal));
      if (answer.status !== 200) return statusText(answer.status);
      const said = mcpAnswer(answer.text, id);
      if (said === null || !('result' in said)) return 'The answer is not that of an MCP server. Check the address.';
      names.push(...namesIn(said.result));
      cursor = said.result['nextCursor'];
      if (typeof cursor !== 'string' || names.includes(settings.tool)) break;
    }
    return names;
  } finally {
    await abortedAfter(DEADLINE_MS, (signal) => session.end(signal)).catch(() => {});
  }
}

function namesIn({ tools }: Fields): string[] {
  const listed: readonly unknown[] = Array.isArray(tools) ? tools : [];
  return listed.flatMap((tool) => (isFields(tool) && typeof tool['name'] === 'string' ? [tool['name']] : []));
}

function remember(stateDirectory: string, url: string, dialect: McpDialect): HubFinding | null {
  try {
    rememberDialect(stateDirectory, url, dialect);
    return null;
  } catch (error) {
    return broken(
      'hub',
      `The hub answers, but how it is talked to cannot be written to ${stateDirectory} (${codeOf(error)}).`,
    );
  }
}

function statusText(status: number): string {
  if (status === 401) return 'The hub wants a token (401): set BUDGET_HUB_TOKEN.';
  if (status === 403) return 'The hub does not accept the token (403).';
  if (status === 404) return 'There is no hub at this address (404): check BUDGET_HUB_URL.';
  if (status >= 300 && status < 400)
    return `The address leads elsewhere (${status}), and redirects are not followed: set BUDGET_HUB_URL to where the hub is.`;
  return `The hub answers with ${status}.`;
}

function unreachable(error: unknown): string {
  const code = codeOf(error);
  const why = code === 'unknown' ? (error as Error).message : code;
  return `The hub cannot be reached (${why}): check its address, and whether it runs.`;
}
