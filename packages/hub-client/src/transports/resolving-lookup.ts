import type { Resolver } from 'node:dns';
import { readFileSync } from 'node:fs';
import type { LookupFunction } from 'node:net';
import { join } from 'node:path';

// Not by `import`, which would load more of them than this needs.
const { isIP } = process.getBuiltinModule('node:net');

/** As `net.connect` takes it. */
export type Lookup = LookupFunction;

/**
 * Finds the addresses of a name as the system would, by its hosts file and then by asking its name servers, but so that it
 * can be given up: a `getaddrinfo` that is under way holds the process until it is answered. Search domains are not
 * tried, so that a name is written in full.
 *
 * @param hostsText of the system's hosts file
 */
export function resolvingLookup(hostsText: () => string = systemHosts): { lookup: Lookup; cancel(): void } {
  const running = new Set<Resolver>();

  const lookup: Lookup = (hostname, options, callback) => {
    const answer = (addresses: readonly string[]): void => {
      const found = addresses.map((address) => ({ address, family: isIP(address) }));
      const [first] = found;
      if (first === undefined) callback(notFound(hostname), '');
      else if (options.all) callback(null, found);
      else callback(null, first.address, first.family);
    };
    const known = isThisMachine(hostname) ? ['127.0.0.1', '::1'] : addressesInHosts(hostsText(), hostname);
    // Never before this function has returned: whoever asks counts on that.
    if (known.length > 0) return process.nextTick(answer, known);
    // Most hubs are found without, and it takes a while to load.
    const { Resolver } = process.getBuiltinModule('node:dns');
    const resolver = new Resolver();
    running.add(resolver);
    void askNameServers(resolver, hostname).then((addresses) => {
      running.delete(resolver);
      answer(addresses);
    });
  };

  return {
    lookup,
    cancel() {
      for (const resolver of running) resolver.cancel();
      running.clear();
    },
  };
}

/** Never asked of anybody (RFC 6761), so that nobody can say that it is elsewhere. */
function isThisMachine(hostname: string): boolean {
  return /^(?:.+\.)?localhost$/i.test(hostname);
}

/** Those of version 4 where there are any, as soon as they are there. Not being found is no addresses. */
async function askNameServers(resolver: Resolver, hostname: string): Promise<readonly string[]> {
  const six = new Promise<readonly string[]>((resolve) => {
    resolver.resolve6(hostname, (error, addresses) => resolve(error ? [] : addresses));
  });
  const four = await new Promise<readonly string[]>((resolve) => {
    resolver.resolve4(hostname, (error, addresses) => resolve(error ? [] : addresses));
  });
  if (four.length === 0) return await six;
  resolver.cancel();
  return four;
}

/** `127.0.0.1 localhost other # a comment`, see hosts(5). */
export function addressesInHosts(hosts: string, hostname: string): string[] {
  const wanted = hostname.toLowerCase();
  return hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*$/s, '').trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((name) => name.toLowerCase() === wanted) ? [address] : [];
  });
}

function systemHosts(): string {
  const { SystemRoot } = process.env;
  const file = SystemRoot === undefined ? '/etc/hosts' : join(SystemRoot, 'System32', 'drivers', 'etc', 'hosts');
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Then the name servers are asked.
    return '';
  }
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} was not found`), { code: 'ENOTFOUND', hostname });
}
