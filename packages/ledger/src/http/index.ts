export { createHttpApp, type HttpAppOptions } from './http-app.js';
