import { isPlainText } from './plain-text.js';

/** What stands where a name may not be told. */
const UNNAMED = 'unnamed';

const MAX_LENGTH = 128;
/** Shorter ones are parts of ordinary names; they are private where they are the whole name. */
const LEAST_PRIVATE_LENGTH = 3;

const MODEL_PART = /^[A-Za-z0-9][\w.+@-]*(?::[\w.+-]*)*$/;
const MAX_MODEL_PARTS = 5;
const PROVIDER = /^[A-Za-z0-9][\w.-]*$/;
/** Cloudflare's names begin so, and no other. */
const CLOUDFLARE = /^@(?=[ch]f\/)/;
/**
 * What has the shape of a name and is none, in one expression, as each takes a while to build: an `@` before anything but a
 * version (`alice@example.com`), a path that begins with a directory of a system, a colon before the last part (a port, as in
 * `gpubox:8000/llama3`), a drive, this machine, an address of IPv6.
 */
const TELLTALE =
  /@(?!(?:v?\d[\w-]*|default|latest)?$)|^(?:home|users|root|mnt|media|volumes|tmp|var|opt|srv|private)\/|:[^/]*\/|^[a-z]:|(?:^|[/:.])localhost(?:[/:.]|$)|^[\da-f]{0,4}(?::[\da-f]{0,4}){2,}$/i;
const LOCAL_ENDINGS = /\.(?:local|localdomain|internal|intranet|lan|corp|home|arpa|private)$/i;
const MODEL_FILE = /\.(?:gguf|ggml|bin|pt|pth|onnx|safetensors|mlmodel)$/i;

/** Words of this machine and its user, as `os.hostname()` and `os.userInfo()` tell them. */
export type PrivateWords = readonly string[];

/**
 * The name of a model, where it has the shape of one: `gpt-4o`, `anthropic/claude-3.5-haiku`, `llama3.2:3b`. Whatever else
 * a response or a record called its model (a path, an address, a sentence) is not told.
 */
export function modelName(given: string, words: PrivateWords = []): string {
  const name = given.replace(CLOUDFLARE, '');
  const parts = name.split('/');
  const isName = parts.length <= MAX_MODEL_PARTS && parts.every((part) => MODEL_PART.test(part));
  return isName && !MODEL_FILE.test(name) && isTellable(name, words) ? given : UNNAMED;
}

/** The name of a provider: one word. A host is none, unless it is a public name of two parts, such as `x.ai`. */
export function providerName(given: string, words: PrivateWords = []): string {
  return PROVIDER.test(given) && isTellable(given, words) ? given : UNNAMED;
}

/** A name that the project or its user chose: of the infospace, its workspace, a workplan. */
export function projectName(given: string, words: PrivateWords = []): string {
  // Nearly every name is plain, and a process takes long to build the first class of Unicode that it asks for.
  const name = (isPlainText(given) ? given : given.replaceAll(/\p{C}/gu, '')).trim();
  const isPath = /[/\\]/.test(name);
  return name !== '' && name.length <= MAX_LENGTH && !isPath && !isPrivate(name, words) ? name : UNNAMED;
}

function isTellable(name: string, words: PrivateWords): boolean {
  const isAddress = TELLTALE.test(name) || name.split(/[/:]/).some(isHost);
  return name.length <= MAX_LENGTH && !isAddress && !isPrivate(name, words);
}

/** `llm.example.com`, `box.local`, `10.0.0.7`; but not `gpt-4.1`, and not `fireworks.ai`. */
function isHost(part: string): boolean {
  if (!part.includes('.')) return false;
  // In the name server's way of writing it, too: `box.example.com.`
  const name = part.replace(/\.+$/, '');
  if (LOCAL_ENDINGS.test(name)) return true;
  const labels = name.split('.');
  if (labels.length === 4 && labels.every((label) => /^\d{1,3}$/.test(label))) return true;
  return labels.length >= 3 && /^[a-z]{2,}$/i.test(labels.at(-1) ?? '');
}

function isPrivate(name: string, words: PrivateWords): boolean {
  const split = name.split(isPlainText(name) ? /[^0-9A-Za-z_.-]+/ : /[^\p{L}\p{N}_.-]+/u);
  const parts = new Set([name, ...split].map((part) => part.toLowerCase()));
  return words.some((word) => {
    const lower = word.toLowerCase();
    return lower === name.toLowerCase() || (word.length >= LEAST_PRIVATE_LENGTH && parts.has(lower));
  });
}
