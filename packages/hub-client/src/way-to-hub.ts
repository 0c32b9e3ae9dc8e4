import type { HubClientOptions } from './create-hub-client.js';
import { type Destination, destinationOf, ownDestination } from './destination.js';
import { chooseHub, type HubSettings } from './hub-settings.js';
import { knownDialect } from './known-dialect.js';
import { type Environment, optedOutBy } from './opt-out.js';
import { httpEvents } from './transports/http-events.js';
import type { Transport } from './transports/transport.js';

export type WayToHub =
  | { readonly destination: Destination; open(): Promise<Transport> }
  /** There is none. */
  | { readonly reason: string; readonly isMistake: boolean; readonly isOptOut: boolean };

/** How the hub is reached that the options name. */
export function wayToHub(options: HubClientOptions, environment: Environment, stateDirectory: string): WayToHub {
  const { transport, configuration, isDisabledByProject } = options;
  if (transport !== undefined) {
    const reason = optedOutBy(environment) ?? (isDisabledByProject ? 'budget.yaml turns it off' : null);
    if (reason !== null) return { reason, isMistake: false, isOptOut: true };
    return { destination: ownDestination(), open: async () => transport };
  }
  const choice = chooseHub({ environment, configuration, isDisabledByProject });
  const { settings } = choice;
  if (settings === null) return choice;
  return { destination: destinationOf(settings), open: () => openTransport(settings, options, stateDirectory) };
}

/** `node:http`, and what only MCP needs, are loaded when there is something to send, and no sooner. */
async function openTransport(
  settings: HubSettings,
  { requester: given, lookup, clock }: HubClientOptions,
  stateDirectory: string,
): Promise<Transport> {
  const requester = given ?? (await import('./transports/send-request.js')).nodeRequester(lookup);
  if (settings.transport === 'http') {
    return httpEvents({ settings, requester, clock });
  }
  const { mcpEvents } = await import('./transports/mcp-events.js');
  return mcpEvents({ settings, requester, clock, dialect: knownDialect(stateDirectory, settings.url) });
}
