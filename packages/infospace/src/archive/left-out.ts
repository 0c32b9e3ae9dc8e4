/** Directories and files that hold no project: another tool makes them again. */
const NEVER_PROJECT = new Set(['.git', 'node_modules']);
/** Where keys are kept, in any case: to some file systems `.ENV` is `.env`. A public key is none. */
const SECRETS = [
  // `.env.local`, and `production.env` as containers are given it.
  /^\.env|\.env$/i,
  /\.(?:pem|key|p12|pfx|jks|keystore|ppk|kdbx)$/i,
  /^id_(?:rsa|dsa|ecdsa|ed25519)(?!.*\.pub$)/i,
  /^\.(?:npmrc|netrc|pypirc|htpasswd|pgpass|git-credentials)$/i,
];
/** Of this machine and this moment: locks, indexes, marks of open runs. */
const OF_THE_MOMENT = /^output\/budget\/(?:\.lock[^/]*|\.index[^/]*|runs\/\.open)$/;
/** As `storage` names what it is still writing. */
const TEMPORARY = /^\..*\.tmp-.+\.[0-9a-f-]{36}$/;
/** Token events that wait for a hub, where the user's state is kept in the project. */
const OUTBOX = /(?:^|\/)budget\/outbox$/;

/**
 * Why a file or directory stays out of an archive, unless it is named; `null` when it does not. `private`: keys, and what
 * another tool makes again; a person should know. `of the moment`: what this product made for itself and needs no more.
 *
 * @param path relative to the infospace, with `/`.
 */
export function whyLeftOut(path: string): 'private' | 'of the moment' | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (OF_THE_MOMENT.test(path) || TEMPORARY.test(name)) return 'of the moment';
  const isPrivate = NEVER_PROJECT.has(name) || SECRETS.some((secret) => secret.test(name)) || OUTBOX.test(path);
  return isPrivate ? 'private' : null;
}
