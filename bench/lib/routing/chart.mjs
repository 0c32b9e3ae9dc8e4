const WIDTH = 640;
const HEIGHT = 420;
const EDGE = { left: 56, right: 16, top: 16, bottom: 44 };
const COLOURS = ['#1f6feb', '#d1570f'];

/** Accuracy against the share of the cheap model: the chord, the best in hindsight, and a row of points for each series. */
export function chartOf({ baselines, series }) {
  const accuracies = [baselines.cheap, baselines.strong, baselines.hindsight(0.05)];
  const bottom = Math.floor(Math.min(...accuracies) * 50) / 50;
  const top = Math.ceil(Math.max(...accuracies) * 50) / 50;
  const x = (share) => (EDGE.left + share * (WIDTH - EDGE.left - EDGE.right)).toFixed(1);
  const y = (accuracy) =>
    (HEIGHT - EDGE.bottom - ((accuracy - bottom) / (top - bottom)) * (HEIGHT - EDGE.top - EDGE.bottom)).toFixed(1);
  const at = (share, accuracy) => `${x(share)},${y(accuracy)}`;
  const shares = Array.from({ length: 101 }, (_, index) => index / 100);
  const accuracyMarks = Array.from(
    { length: Math.round((top - bottom) / 0.02) + 1 },
    (_, index) => bottom + index * 0.02,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#555">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...accuracyMarks.map(
      (mark) => line(at(0, mark), at(1, mark)) + label(x(0) - 8, Number(y(mark)) + 4, mark.toFixed(2), 'end'),
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map((mark) => label(x(mark), HEIGHT - EDGE.bottom + 18, `${mark * 100} %`, 'middle')),
    label(WIDTH / 2, HEIGHT - 8, 'share of the cheap model', 'middle'),
    `<polyline points="${at(0, baselines.strong)} ${at(1, baselines.cheap)}" fill="none" stroke="#888" stroke-dasharray="5 4"/>`,
    `<polyline points="${shares.map((share) => at(share, baselines.hindsight(share))).join(' ')}" fill="none" stroke="#888"/>`,
    ...series.flatMap(({ points }, index) =>
      points.map(
        ({ share, accuracy }) => `<circle cx="${x(share)}" cy="${y(accuracy)}" r="4" fill="${COLOURS[index]}"/>`,
      ),
    ),
    ...series.map(({ name }, index) => legend(index, `<circle cx="6" cy="-4" r="4" fill="${COLOURS[index]}"/>`, name)),
    legend(series.length, '<path d="M0 -4h14" stroke="#888"/>', 'best of subjects in hindsight'),
    legend(series.length + 1, '<path d="M0 -4h14" stroke="#888" stroke-dasharray="5 4"/>', 'chord of random choice'),
    '</svg>',
    '',
  ].join('\n');
}

function line(from, to) {
  return `<polyline points="${from} ${to}" stroke="#e5e5e5"/>`;
}

function label(x, y, text, anchor) {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${text}</text>`;
}

function legend(row, mark, text) {
  return `<g transform="translate(${EDGE.left + 16} ${HEIGHT - EDGE.bottom - 84 + row * 20})">${mark}<text x="20">${text}</text></g>`;
}
