import { afterThisTest } from '@budget/test-tools/vitest';
import type { MeterOptions } from '../meter.js';
import { createMeteringProxy, type MeteringProxy } from '../metering-proxy.js';
import type { Upstream } from '../upstream.js';
import { type MeterWorld, meterWorld } from './meter-world.js';
import { type PretendedProvider, pretendedProvider } from './pretended-provider.js';

export interface Proxied extends MeterWorld {
  readonly provider: PretendedProvider;
  readonly proxy: MeteringProxy;
  /** `/v1/chat/completions` behind the proxy. */
  ask(body: unknown, init?: RequestInit & { path?: string }): Promise<Response>;
}

/** A program's side of a proxy before a provider of the test's own. */
export async function proxied(
  answer: Parameters<typeof pretendedProvider>[0],
  options: Parameters<typeof meterWorld>[0] & { upstream?: Partial<Upstream> } = {},
): Promise<Proxied> {
  const { upstream, ...meterOptions } = options as Partial<MeterOptions> & { upstream?: Partial<Upstream> };
  const provider = await pretendedProvider(answer);
  const world = await meterWorld(meterOptions);
  const proxy = await createMeteringProxy({
    meter: world.meter,
    upstreams: { openai: { provider: 'openai', url: `${provider.url}/v1`, ...upstream } },
    log: (line) => world.lines.push(line),
  });
  afterThisTest(() => proxy.close());
  return {
    ...world,
    provider,
    proxy,
    ask: (body, { path = '/chat/completions', ...init } = {}) =>
      fetch(`${proxy.url('openai')}${path}`, {
        method: 'POST',
        ...init,
        headers: { 'content-type': 'application/json', ...init.headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}
