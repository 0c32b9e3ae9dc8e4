import { CodedError } from '@budget/core';
import { type LimitedServer, limitedServer, type ServerLimits } from '@budget/serving';
import { getRequestListener } from '@hono/node-server';

type Fetch = (request: Request) => Response | Promise<Response>;

/** @throws CodedError `address_not_usable` */
export async function httpServer(
  fetch: Fetch,
  { host, port }: { readonly host: string; readonly port: number },
  limits?: ServerLimits,
): Promise<LimitedServer> {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  return await limitedServer(listener, { host, port }, limits).catch((error) => {
    throw new CodedError({
      code: 'address_not_usable',
      kind: 'environment',
      message: `The hub cannot listen on ${host} port ${port} (${error.message}). Another program may do so: name another --port or --host.`,
      cause: error,
    });
  });
}
