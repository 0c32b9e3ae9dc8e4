import { isIP } from 'node:net';
import { CodedError } from '@budget/core';
import type { Upstream } from '@budget/ledger/meter';
import { type KnownProvider, knownProviders } from './known-providers.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ChildPlan {
  readonly upstreams: Readonly<Record<string, Upstream>>;
  /** What the program sees, once the proxy has an address. */
  readonly environment: (proxyUrl: (name?: string) => string) => Record<string, string | undefined>;
}

export interface ChildPlanOptions {
  /** The program gets the real keys, so that what it sends past the proxy is not stopped. */
  readonly passKeys: boolean;
  readonly providerOfUrl: (url: string) => string | null;
  /** Makes placeholders that nobody guesses. */
  readonly random: () => string;
}

/**
 * Where the calls of a program go, and what it is told instead. A key goes only to where the user's own environment, or
 * the list of known providers, says.
 *
 * @throws CodedError `address_invalid` (kind `usage`) when a variable of the environment is no address
 */
export function childPlan(environment: Environment, options: ChildPlanOptions): ChildPlan {
  const placeholders: Record<string, string> = {};
  const upstreams: Record<string, Upstream> = {};
  for (const known of knownProviders) {
    const url = addressOf(known, environment);
    const keys = known.keyVariables.flatMap((variable) => {
      const key = environment[variable]?.trim() ?? '';
      if (options.passKeys || key === '') return [];
      placeholders[variable] ??= `budget-placeholder-${options.random()}`;
      return [{ placeholder: placeholders[variable] as string, key }];
    });
    upstreams[known.name] = {
      // An address that nobody knows is most likely a gateway to whom its variable is named after.
      provider: options.providerOfUrl(url) ?? known.provider,
      url,
      keys,
      ...(known.version !== undefined && { version: known.version }),
    };
  }
  return {
    upstreams,
    environment(proxyUrl) {
      const changed: Record<string, string | undefined> = { ...environment, ...placeholders, BUDGET_PROXY: proxyUrl() };
      for (const { name, addressVariables } of knownProviders) {
        for (const variable of addressVariables) changed[variable] = proxyUrl(name);
      }
      // A proxy of the system would be asked for an address that only this machine has.
      for (const variable of ['NO_PROXY', 'no_proxy']) {
        changed[variable] = [environment[variable], '127.0.0.1'].filter(Boolean).join(',');
      }
      return changed;
    },
  };
}

function addressOf({ url, addressVariables }: KnownProvider, environment: Environment): string {
  for (const variable of addressVariables) {
    const given = environment[variable]?.trim() ?? '';
    if (given === '') continue;
    const address = /^[a-z]+:\/\//i.test(given) ? given : `http://${hostAndPort(given, new URL(url))}`;
    if (isAddress(address)) return address.replace(/\/+$/, '');
    throw new CodedError({
      code: 'address_invalid',
      kind: 'usage',
      message: `${variable} is ${JSON.stringify(given)}, which is no http address. Set it to one such as ${url}, or unset it.`,
    });
  }
  return url;
}

/** Ollama takes a host without its port, a port without its host, and `::1` without brackets. */
function hostAndPort(given: string, usual: URL): string {
  const [, place = '', path = ''] = /^([^/]*)(.*)$/.exec(given) ?? [];
  const isIpv6 = isIP(place) === 6;
  const bracketed = isIpv6 ? `[${place}]` : place;
  const host = bracketed.startsWith(':') ? `${usual.hostname}${bracketed}` : bracketed;
  const hasPort = /:\d+$/.test(host);
  return `${host}${hasPort || usual.port === '' ? '' : `:${usual.port}`}${path}`;
}

function isAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return (
    url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.search === ''
  );
}
