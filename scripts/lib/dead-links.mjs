import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { listFiles } from './list-files.mjs';

const SKIPPED = ['node_modules', 'dist', '.git', '.turbo', '.reports'];
const FENCE = /^( *)(`{3,}|~{3,}).*?^ *\2[^\n]*$/gms;
const INLINE_CODE = /(`+)(?!`).*?[^`]\1(?!`)/gs;
const LINK = /\]\(\s*<?([^)\s>]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)/gm;
const OTHER_PLACE = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i;

/** Links between files of this repository that lead nowhere: to a file that is not there, or to a heading that it lacks. */
export function deadLinks(root) {
  const anchorsOf = remembered((file) => headingAnchors(readFileSync(file, 'utf8')));
  return listFiles(root, SKIPPED)
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      linksIn(readFileSync(file, 'utf8')).flatMap(({ target, line }) => {
        const fault = faultOf(target, file, anchorsOf);
        return fault === null ? [] : [{ path: relative(root, file), line, message: `${target}: ${fault}` }];
      }),
    );
}

function faultOf(target, file, anchorsOf) {
  if (OTHER_PLACE.test(target)) return null;
  const [path, anchor] = target.split('#').map(decodeURIComponent);
  const named = path === '' ? file : resolve(join(dirname(file), path));
  if (!existsSync(named)) return 'there is no such file';
  if (anchor === undefined || !named.endsWith('.md') || anchorsOf(named).has(anchor)) return null;
  return 'there is no such heading';
}

function linksIn(markdown) {
  const text = withoutCode(markdown);
  return [...text.matchAll(LINK)].map((match) => ({
    target: match[1] ?? match[2],
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** As GitHub makes them: small letters, hyphens for blanks, nothing else but letters, digits and `_`; the second of a name gets `-1`. */
function headingAnchors(markdown) {
  const anchors = new Set();
  const times = new Map();
  for (const [, heading] of markdown.replace(FENCE, '').matchAll(/^#{1,6} +(.+?)(?: +#+)? *$/gm)) {
    const anchor = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    const before = times.get(anchor) ?? 0;
    times.set(anchor, before + 1);
    anchors.add(before === 0 ? anchor : `${anchor}-${before}`);
  }
  return anchors;
}

/** Lines stay where they are. */
function withoutCode(markdown) {
  const blank = (code) => code.replace(/[^\n]/g, ' ');
  return markdown.replace(FENCE, blank).replace(INLINE_CODE, blank);
}

function remembered(work) {
  const known = new Map();
  return (key) => {
    if (!known.has(key)) known.set(key, work(key));
    return known.get(key);
  };
}
