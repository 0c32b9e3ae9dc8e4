import { type Environment, optedOutBy } from './opt-out.js';
import { type ToolArguments, toolArgumentsFault } from './transports/tool-arguments.js';

/** What the user's own configuration says of the hub. The environment goes before it. */
export interface HubConfiguration {
  readonly disabled?: boolean | undefined;
  readonly url?: string | undefined;
  readonly transport?: string | undefined;
  readonly tool?: string | undefined;
  readonly arguments?: ToolArguments | undefined;
  /** What is wrong with where it was read from, for people: then no event is sent. */
  readonly fault?: string | undefined;
}

/** A hub that may be talked to. */
export interface HubSettings {
  /** For `http` the hub's base, without a slash at its end; for `mcp` its endpoint, as it was written. */
  readonly url: string;
  readonly transport: 'http' | 'mcp';
  readonly token: string | null;
  /** For `mcp`: which tool is called, and with what. */
  readonly tool: string;
  readonly arguments: ToolArguments;
}

export type HubChoice =
  | { readonly settings: HubSettings }
  | {
      readonly settings: null;
      /** Why no event is sent, for people. */
      readonly reason: string;
      /** Somebody wanted a hub and made a slip: worth a warning. */
      readonly isMistake: boolean;
      /** Somebody said that no events are to be sent, and did not merely name no hub. */
      readonly isOptOut: boolean;
    };

export interface HubChoiceOptions {
  readonly environment: Environment;
  readonly configuration?: HubConfiguration | undefined;
  /** The project's files can only turn the events off. */
  readonly isDisabledByProject?: boolean | undefined;
}

/** Which hub gets the events, or why none does. Never throws; a message never holds the token. */
export function chooseHub({
  environment,
  configuration = {},
  isDisabledByProject = false,
}: HubChoiceOptions): HubChoice {
  const optedOut = optedOutBy(environment);
  if (optedOut !== null) return off(optedOut);
  if (isDisabledByProject) return off('budget.yaml turns it off');
  if (configuration.fault !== undefined) return mistake(configuration.fault);
  if (configuration.disabled === true) return off('the configuration turns it off');
  const address = environment['BUDGET_HUB_URL']?.trim() || configuration.url?.trim() || '';
  if (address === '') return { ...off('no hub is configured'), isOptOut: false };
  const transport = environment['BUDGET_HUB_TRANSPORT']?.trim() || configuration.transport || 'http';
  if (transport !== 'http' && transport !== 'mcp') return mistake('the transport is http or mcp');
  const url = hubUrl(address);
  if (url === null)
    return mistake(
      'the address of the hub is no plain http address; write it as https://hub.example.com, without user, query or fragment',
    );
  const token = environment['BUDGET_HUB_TOKEN']?.trim() || null;
  if (token !== null && !/^[\x21-\x7e]+$/.test(token))
    return mistake('BUDGET_HUB_TOKEN has characters that no token has');
  if (token !== null && url.protocol === 'http:' && !isLoopback(url.hostname))
    return mistake('a token is never sent over plain http to another machine; use https, or unset BUDGET_HUB_TOKEN');
  const arguments_ = configuration.arguments ?? { event: 'event' };
  const fault = toolArgumentsFault(arguments_);
  if (fault !== null) return mistake(fault);
  return {
    settings: {
      // A path with a slash at its end is another one: servers answer at `/mcp/` what they do not at `/mcp`.
      url: transport === 'mcp' && url.pathname !== '/' ? url.href : url.href.replace(/\/+$/, ''),
      transport,
      token,
      tool: configuration.tool ?? 'record_token_event',
      arguments: arguments_,
    },
  };
}

/** A name or an address of this machine alone. */
function isLoopback(hostname: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|\[?::1\]?|(?:.+\.)?localhost)$/i.test(hostname);
}

type NoHub = Extract<HubChoice, { readonly settings: null }>;

const off = (reason: string): NoHub => ({ settings: null, reason, isMistake: false, isOptOut: true });
const mistake = (reason: string): NoHub => ({ settings: null, reason, isMistake: true, isOptOut: false });

function hubUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return isPlain && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null;
}
