import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';

/** Where the calls of one provider go. */
export interface Upstream {
  /** As the prices name it. */
  readonly provider: string;
  /** `https://api.openai.com/v1`: what follows the name in the proxy's address is added to it. */
  readonly url: string;
  /** What stands for a key in the program's own environment, and the key that is put in its place, for this provider only. */
  readonly keys?: readonly { readonly placeholder: string; readonly key: string }[];
  /** `/v1`: put before what follows, where a client leaves it to the address and another one does not. */
  readonly version?: string;
}

export interface OpenUpstream extends Upstream {
  readonly base: URL;
  readonly agent: Agent;
  withKeys(text: string): string;
}

/**
 * As `fetch` does: a provider that closes an idle connection just when a call goes out on it breaks that call, and most
 * wait for longer than this.
 */
const IDLE_MS = 4000;

export function openUpstream(upstream: Upstream): OpenUpstream {
  const base = new URL(upstream.url);
  const options = { keepAlive: true, timeout: IDLE_MS, maxSockets: Number.POSITIVE_INFINITY };
  return {
    ...upstream,
    base,
    agent: base.protocol === 'http:' ? new Agent(options) : new SecureAgent(options),
    withKeys(text) {
      let replaced = text;
      for (const { placeholder, key } of upstream.keys ?? []) replaced = replaced.replaceAll(placeholder, key);
      return replaced;
    },
  };
}

/** The path at the provider, for what follows the upstream's name in the proxy's address. */
export function upstreamPath({ base, version }: OpenUpstream, rest: string): string {
  const prefix = base.pathname === '/' ? '' : base.pathname.replace(/\/$/, '');
  const lacksVersion = version !== undefined && !prefix.endsWith(version) && !rest.startsWith(`${version}/`);
  return `${prefix}${lacksVersion ? version : ''}${rest}`;
}
