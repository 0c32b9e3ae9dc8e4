import { hostnameIn, isLoopback, isSameOrigin } from '@budget/serving';
import type { Refusal } from './refusal.js';

/**
 * A hub without tokens trusts this machine. A web page that is open on it is not of this machine: it may reach the port
 * under another name (DNS rebinding), or from its own origin.
 */
export function foreignRequest(
  header: (name: string) => string | undefined,
  { isOpen }: { readonly isOpen: boolean },
): Refusal | null {
  const host = header('host') ?? '';
  const origin = header('origin');
  if (isOpen && !isLoopback(hostnameIn(host))) return refusal('host_forbidden', 'This hub has no such name');
  if (origin !== undefined && !isSameOrigin(origin, host))
    return refusal('origin_forbidden', 'This hub is not for web pages');
  return null;
}

function refusal(code: string, detail: string): Refusal {
  return { status: 403, code, detail };
}
