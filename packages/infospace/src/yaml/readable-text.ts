/**
 * Something that came out of a file, for a message: the file may hold a name of a million characters, or characters
 * that end the line or steer the terminal.
 */
export function readableText(text: string, maxLength = 100): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return shown.replace(
    /[\p{Cc}\p{Surrogate}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
