import type { Pool } from 'undici';

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
  /** Opened with the first call: to load what makes them takes longer than a call, and many programs make none. */
  connections(): Promise<Pool>;
  /** A header with the keys in the place of their placeholders. */
  withKeys(header: string): string;
  /** A path with them, in its query or elsewhere. */
  pathWithKeys(path: string): string;
  /** Ends what still runs. */
  close(): Promise<void>;
}

/**
 * As `fetch` does: a provider that closes an idle connection just when a call goes out on it breaks that call, and most
 * wait for longer than this.
 */
const IDLE_MS = 4000;

/** In one direction. Gateways are given their settings in headers; what HTTP servers take otherwise is 16 KiB. */
export const MAX_HEADER_BYTES = 256 * 1024;

/** How long a provider may take is the affair of the program. */
const NO_LIMIT = 0;

export function openUpstream(upstream: Upstream): OpenUpstream {
  const base = new URL(upstream.url);
  let opened: Promise<Pool> | undefined;
  const replaced = (text: string, written: (key: string) => string): string => {
    let withKeys = text;
    // By a function: in a text that replaces, `$&` and its like are signs of their own.
    for (const { placeholder, key } of upstream.keys ?? []) {
      withKeys = withKeys.replaceAll(placeholder, () => written(key));
    }
    return withKeys;
  };
  return {
    ...upstream,
    base,
    connections() {
      opened ??= connectionsTo(base);
      return opened;
    },
    withKeys: (header) => replaced(header, (key) => key),
    pathWithKeys: (path) => replaced(path, encodeURIComponent),
    async close() {
      // Where they could not be opened, there is nothing to be closed.
      const connections = await opened?.catch(() => null);
      await connections?.destroy();
    },
  };
}

async function connectionsTo({ origin }: URL): Promise<Pool> {
  const { default: Connections } = await import('undici/lib/dispatcher/pool.js');
  return new Connections(origin, {
    // One call at a time on each, and as many as there are calls.
    pipelining: 1,
    connections: null,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    connectTimeout: NO_LIMIT,
    headersTimeout: NO_LIMIT,
    bodyTimeout: NO_LIMIT,
  });
}

/** The path at the provider, for what follows the upstream's name in the proxy's address. */
export function upstreamPath({ base, version }: OpenUpstream, rest: string): string {
  const prefix = base.pathname === '/' ? '' : base.pathname.replace(/\/$/, '');
  const lacksVersion = version !== undefined && !prefix.endsWith(version) && !rest.startsWith(`${version}/`);
  return `${prefix}${lacksVersion ? version : ''}${rest}`;
}
