export { afterThisTest, temporaryDirectory } from './cleanup.mjs';
export { answerTo, sendWithoutEnd, socketTo } from './raw-http.mjs';
