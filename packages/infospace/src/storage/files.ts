/**
 * The only way in which documents reach the disk.
 *
 * The functions are asynchronous in their types and synchronous inside. Each is short, nothing of this process can
 * come between its steps, and when the process is killed the step in which it died is over before the lock is judged
 * free: a write in a thread of the pool might still go on.
 */
export { appendToFile, cutFile } from './files-append.js';
export { ensureDirectory } from './files-directory.js';
export {
  directoryNames,
  type FileStamp,
  fileStamp,
  isDanglingLink,
  isDirectory,
  isFile,
  kindOfPath,
} from './files-look.js';
export { type OpenFile, readFileIfThere, readingFile, readTextIfThere } from './files-read.js';
export { replaceFile } from './files-replace.js';
export { setAside } from './files-set-aside.js';
export { removeFile, removeLeftovers } from './files-temporary.js';
