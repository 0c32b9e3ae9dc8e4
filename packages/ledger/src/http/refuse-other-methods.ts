import type { OpenAPIHono } from '@hono/zod-openapi';
import { RefusedRequest } from './refusal.js';

/** 405 for the paths that an app has so far, by any method that none of its routes has. */
export function refuseOtherMethods(app: OpenAPIHono): void {
  const routes = app.openAPIRegistry.definitions.flatMap((each) => (each.type === 'route' ? [each.route] : []));
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.flatMap((route) => (route.path === path ? [route.method.toUpperCase()] : []));
    const allow = methods.join(', ');
    app.all(path.replaceAll(/\{(.+?)\}/g, ':$1'), () => {
      throw new RefusedRequest({
        status: 405,
        code: 'method_unknown',
        headers: { allow },
        detail: `Use ${allow} here.`,
      });
    });
  }
}
