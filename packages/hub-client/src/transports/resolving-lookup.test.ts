import { describe, expect, it } from 'vitest';
import { addressesInHosts, resolvingLookup } from './resolving-lookup.js';

const hosts = '127.0.0.1 localhost # ::9 hub\n10.1.2.3\thub.test  Other.test\n\n::1 hub.test\nnonsense hub.test';

const look = (hostname: string, all: boolean) =>
  new Promise((resolve, reject) => {
    resolvingLookup(() => hosts).lookup(hostname, { all }, (error, address, family) =>
      error ? reject(error) : resolve(all ? address : [address, family]),
    );
  });

describe('the addresses of a name', () => {
  it('are those of the hosts file, and nobody is asked', async () => {
    expect(addressesInHosts(hosts, 'HUB.test')).toEqual(['10.1.2.3', '::1']);
    expect(await look('other.test', false)).toEqual(['10.1.2.3', 4]);
    expect(await look('hub.test', true)).toEqual([
      { address: '10.1.2.3', family: 4 },
      { address: '::1', family: 6 },
    ]);
  });

  it('are those of this machine for localhost, whatever the hosts file says', async () => {
    const { lookup } = resolvingLookup(() => '10.6.6.6 localhost');
    const found = await new Promise((resolve) => {
      lookup('localhost', { all: false }, (_, address) => resolve(address));
    });
    expect(found).toBe('127.0.0.1');
  });

  it('are none once the looking is given up', async () => {
    const { lookup, cancel } = resolvingLookup(() => '');
    const found = new Promise((resolve) => {
      lookup('nobody-has-this-name.invalid', { all: true }, (error) => resolve(error?.code));
    });
    cancel();
    expect(await found).toBe('ENOTFOUND');
  });
});
