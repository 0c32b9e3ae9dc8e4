/** `20261122T014958Z`: a time that can stand in a file's name. */
export function compactTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
}
