const MOST = 3;
/** Longer names are compared by their beginnings: the time that it takes grows with the square of the length. */
const COMPARED_LENGTH = 100;

/** Those that somebody may have meant, likeliest first: a few letters apart, or one holds the other. */
export function nearNames(wanted: string, names: Iterable<string>): string[] {
  const looked = comparable(wanted);
  const found: { name: string; distance: number }[] = [];
  for (const name of names) {
    const other = comparable(name);
    const distance = other.includes(looked) || looked.includes(other) ? 1 : editDistance(looked, other);
    if (distance <= Math.max(2, looked.length / 4)) found.push({ name, distance });
  }
  found.sort((first, second) => first.distance - second.distance);
  return found.slice(0, MOST).map(({ name }) => name);
}

function comparable(name: string): string {
  return name.toLowerCase().slice(0, COMPARED_LENGTH);
}

/** How many letters have to be changed, added or left out to make one of the other. */
function editDistance(first: string, second: string): number {
  let above = Array.from({ length: second.length + 1 }, (_, index) => index);
  for (let row = 1; row <= first.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= second.length; column += 1) {
      const changed = (above[column - 1] ?? 0) + (first[row - 1] === second[column - 1] ? 0 : 1);
      current.push(Math.min(changed, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[second.length] ?? 0;
}
