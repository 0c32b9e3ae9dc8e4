/** What would make an address of a name: of `https://a.example` the name would be `https`. */
const beyondName = /[/\\?#@]/;

/** The name in a Host header, without its port, in small letters; empty for what is none. */
export function hostnameIn(host: string): string {
  const url = `http://${host}`;
  return !beyondName.test(host) && URL.canParse(url) ? new URL(url).hostname : '';
}

/** Whether a page of that origin was served under the name that it asks for now. */
export function isSameOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
