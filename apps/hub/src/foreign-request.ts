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
  if (isOpen && !isLoopback(hostnameOf(`http://${host}`)))
    return refusal('host_forbidden', 'This hub has no such name');
  if (origin !== undefined && hostOf(origin) !== host.toLowerCase())
    return refusal('origin_forbidden', 'This hub is not for web pages');
  return null;
}

/** A name or an address of this machine alone. */
export function isLoopback(hostname: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|\[?::1\]?|localhost)$/i.test(hostname);
}

function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function refusal(code: string, detail: string): Refusal {
  return { status: 403, code, detail };
}
