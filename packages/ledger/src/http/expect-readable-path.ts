import type { MiddlewareHandler } from 'hono';
import { invalidFields } from './invalid-request.js';

/** Otherwise `%E4` would be taken for a name of three letters. */
export const expectReadablePath: MiddlewareHandler = async ({ req }, next) => {
  const [path = ''] = req.url.split('?', 1);
  if (path.includes('%') && !isReadable(path))
    throw invalidFields([{ field: 'path', message: 'Is not percent-encoded UTF-8.' }]);
  await next();
};

function isReadable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
