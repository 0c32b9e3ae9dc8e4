import { isPublished } from './bundled-packages.mjs';

const COMPOSING_FOLDERS = ['apps', 'examples'];
const LIBRARY_FOLDER = 'packages';

const folderOf = ({ directory }) => directory.split('/')[0];
const isLibrary = (subject) => folderOf(subject) === LIBRARY_FOLDER;

/** Only applications and examples put several packages together. */
function mayCompose(subject) {
  return COMPOSING_FOLDERS.includes(folderOf(subject));
}

/** A published library may use private ones, which are bundled into it; a private one uses none. */
export function mayUse(subject, target) {
  if (!isLibrary(subject)) return true;
  return isLibrary(target) && isPublished(subject) && !isPublished(target);
}

/** What would be installed beside a published package cannot be one that is not published. */
export function mayDeclare(subject, target, section) {
  return mayUse(subject, target) && (section === 'devDependencies' || !isLibrary(subject) || isPublished(target));
}

/** How many different packages one file outside of applications, examples and packages puts together. */
export function composesSeveral(subject, targets) {
  return !mayCompose(subject) && !isLibrary(subject) && new Set(targets.filter(isPublished)).size > 1;
}
