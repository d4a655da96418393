// How a chart looks: what uPlot is told, and what is drawn under and over its lines.
const DAY_S = 86_400;
const DASHES = [[], [6, 3], [2, 3], [10, 3, 2, 3], [1, 2]];
export const HEIGHTS = { spark: 44, line: 220, bars: 220 };

/** @typedef {{words: string, at: number, says: string[], href: string}} Row */
/** What is drawn: `values` holds one list a series, as long as `rows`; `at` is the row under the cursor.
 * @typedef {{element: HTMLElement, rows: Row[], names: string[], values: (number | null)[][], at: () => number}} Figures */

/** Colours as the theme has them now. @param {Element} element @param {string} name */
const colour = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();
const tinted = (hue, share) => `color-mix(in srgb, ${hue} ${share * 100}%, transparent)`;
const pixels = (size) => Math.round(size * devicePixelRatio);
const listed = (element, name) => JSON.parse(element.dataset[name] ?? "[]");

/** Rows are moments, or else they stand side by side. @param {Row[]} rows */
const areMoments = (rows) => rows.every((row) => Number.isFinite(row.at));
const place = ({ rows }, index) => (areMoments(rows) ? rows[index].at : index);

/** @param {Figures} figures @returns {[number[], ...(number | null)[][]]} what uPlot draws */
export const data = (figures) => [figures.rows.map((_, index) => place(figures, index)), ...figures.values];

/** @param {Figures} figures @param {number} width in CSS pixels @returns what uPlot is told */
export function options(figures, width) {
  const { element, rows, names } = figures;
  const { kind, zone } = element.dataset;
  const half = kind === "bars" || !areMoments(rows) ? step(rows) / 2 : 0;
  return {
    width,
    height: HEIGHTS[kind],
    padding: kind === "spark" ? [4, 2, 4, 2] : [18, 10, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: { x: { time: areMoments(rows), range: (_, least, most) => [least - half, most + half] }, y: { range: (_, least, most) => range(element, least, most) } },
    axes: axes(figures),
    series: [{}, ...names.map((name, index) => series(element, name, index, rows.length))],
    hooks: { drawClear: [(plot) => spans(element, plot)], draw: [(plot) => over(figures, plot)] },
  };
}

function axes({ element, rows }) {
  if (element.dataset.kind === "spark") return [{ show: false }, { show: false }];
  const font = `14px ${colour(document.documentElement, "--font") || "sans-serif"}`;
  const axis = { stroke: colour(element, "--text-quiet"), font, grid: { stroke: colour(element, "--line"), width: 1 }, ticks: { show: false } };
  const unit = element.dataset.unit === "%" ? "%" : "";
  return [
    { ...axis, grid: { show: false }, size: 32, space: areMoments(rows) ? 64 : 36, values: (plot, splits, _, __, gap) => splits.map((at) => along(element, rows, plot, at, gap)) },
    { ...axis, size: 52, values: (_, splits) => splits.map((value) => `${Number(value.toPrecision(6))}${unit}`) },
  ];
}

function series(element, label, index, rows) {
  const { kind } = element.dataset;
  const hue = colour(element, `--chart-${index + 1}`);
  const points = { show: rows < (kind === "spark" ? 2 : 40), size: 6 };
  if (kind === "bars") return { label, stroke: hue, fill: tinted(hue, 0.75), paths: window.uPlot.paths.bars({ size: [0.7, 60] }), points: { show: false } };
  return { label, stroke: hue, dash: DASHES[index], width: kind === "spark" ? 2 : 2.5, points };
}

/** How far rows are apart. @param {Row[]} rows */
function step(rows) {
  if (!areMoments(rows) || rows.length < 2) return 1;
  return (rows.at(-1).at - rows[0].at) / (rows.length - 1);
}

/** Bars stand on nought; a line has room above and below. The target is always in the picture. */
function range({ dataset: { least: low, most: high, target, kind } }, least, most) {
  const known = [least, most, ...(target === undefined ? [] : [Number(target)]), ...(kind === "bars" ? [0] : [])].filter(Number.isFinite);
  if (!known.length) return [0, 1];
  let [from, to] = [Math.min(...known), Math.max(...known)];
  const room = (to - from || Math.abs(to) || 1) * 0.06;
  from = low === undefined ? from - (kind === "bars" && from === 0 ? 0 : room) : Number(low);
  to = high === undefined ? to + room : Number(high);
  return [from, to > from ? to : from + 1];
}

function along({ dataset: { zone } }, rows, plot, at, gap) {
  if (!areMoments(rows)) return Number.isInteger(at) ? shortened(rows[at]?.words ?? "", (plot.width * gap) / rows.length) : "";
  const when = window.uPlot.tzDate(new Date(at * 1000), zone);
  const two = (number) => String(number).padStart(2, "0");
  if (gap < DAY_S) return `${two(when.getHours())}:${two(when.getMinutes())}`;
  const long = plot.scales.x.max - plot.scales.x.min > 400 * DAY_S;
  return long ? `${when.getFullYear()}-${two(when.getMonth() + 1)}` : `${two(when.getMonth() + 1)}-${two(when.getDate())}`;
}

/** As much of a name as has room; the words below the chart have all of it. */
function shortened(words, room) {
  const most = Math.max(2, Math.floor(room / 15));
  return words.length > most ? `${words.slice(0, most - 1)}…` : words;
}

function spans(element, { ctx, bbox, valToPos }) {
  ctx.fillStyle = tinted(colour(element, "--significant"), 0.22);
  for (const { from_at, to_at } of listed(element, "spans")) {
    const [from, to] = [from_at, to_at].map((at) => valToPos(at, "x", true));
    ctx.fillRect(from, bbox.top, Math.max(to - from, pixels(2)), bbox.height);
  }
}

/** The target, what changed and when, and where the cursor is. */
function over(figures, { ctx, bbox, valToPos }) {
  const { element } = figures;
  const { target, kind } = element.dataset;
  const down = (x, hue, dash) => line(ctx, hue, dash, [x, bbox.top], [x, bbox.top + bbox.height]);
  ctx.save();
  ctx.lineWidth = pixels(1.5);
  if (target !== undefined) {
    const y = valToPos(Number(target), "y", true);
    line(ctx, colour(element, "--good"), [pixels(8), pixels(4)], [bbox.left, y], [bbox.left + bbox.width, y]);
  }
  listed(element, "marks").forEach(({ at }, index) => {
    const x = valToPos(at, "x", true);
    down(x, colour(element, "--accent"), [pixels(3), pixels(3)]);
    Object.assign(ctx, { fillStyle: colour(element, "--accent"), font: `700 ${pixels(14)}px sans-serif`, textAlign: "center" });
    ctx.fillText(String(index + 1), x, bbox.top - pixels(4));
  });
  if (kind !== "spark") down(valToPos(place(figures, figures.at()), "x", true), colour(element, "--text"), []);
  ctx.restore();
}

function line(ctx, stroke, dash, from, to) {
  ctx.strokeStyle = stroke;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}
