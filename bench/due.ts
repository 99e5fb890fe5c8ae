import { type Row, ratio } from './measure/row.ts';

/** A value that a figure has to reach: on this server alone, or as a multiple of the reference. */
type Due = { text: string; holds: (row: Row) => boolean | undefined };

const times = (least: number): Due => ({
  text: `≥ ${least} ×`,
  holds: (row) => {
    const reached = ratio(row);
    return reached === undefined ? undefined : reached >= least;
  },
});

/** A multiple of the reference's and, where that took part, of VictoriaLogs's. */
const timesBoth = (reference: number, victoriaLogs: number): Due => ({
  text: `≥ ${reference} ×, ≥ ${victoriaLogs} × VictoriaLogs`,
  holds: (row) => {
    const first = times(reference).holds(row);
    if (first === undefined || row.victorialogs === undefined || row.ours === undefined) return first;
    return first && row.ours.median >= victoriaLogs * row.victorialogs.median;
  },
});

const below = (most: number): Due => ({
  text: `≤ ${most} `,
  holds: (row) => (row.ours === undefined ? undefined : row.ours.median <= most),
});

/** Due on 2 cores, side by side in one run; pages and counts at 1,000,000 records (large: 10,000,000) while 5,000 a second are written. */
const DUE: readonly (readonly [name: RegExp, figure: string, due: Due])[] = [
  [/^ndjson-1000-c2/, 'rate', timesBoth(8, 2)],
  [/^ndjson-10-/, 'rate', times(4)],
  [/^ndjson-1000-/, 'CPU a million', below(7)],
  [/^ndjson-1000-/, 'RSS under load', below(300)],
  [/^ndjson-1000-/, 'disk a record', below(130)],
  [/^(json|form)-/, 'rate', times(10)],
  [/^mysql-/, 'rate', times(4)],
  [/^start$/, 'new store', below(300)],
  [/^start$/, 'existing store', below(300)],
  [/^start$/, 'RSS idle', below(150)],
  [/^page-/, 'writing p95', below(50)],
  [/^(count|timeline)/, 'writing p95', below(100)],
  [/^large-(count|timeline)-edges$/, 'p95', below(50)],
  [/^large-(count|timeline)/, 'p95', below(10)],
  [/^large-page-deep$/, 'p95', below(200)],
  [/^large-page-/, 'p95', below(50)],
  [/^large-by-id$/, 'p95', below(5)],
  [/^large-query-/, 'rate', times(1)],
  [/^large-store$/, 'start', below(300)],
  [/^large-store$/, 'RSS under load', below(300)],
  [/^large-store$/, 'RSS with query processes', below(300)],
  [/^offlog-node$/, 'write p50', below(150)],
  [/^offlog-node$/, 'write p99', below(1500)],
  [/^offlog-node$/, 'rate', times(2)],
  [/^offlog-python$/, 'rate', times(1.3)],
  [/^offlog-(node|python)$/, 'daemon CPU a line', times(2)],
  [/^offlog-crowd$/, 'daemon RSS, highest', below(80)],
];

/** What is due of a row, or undefined; `holds` is undefined where a side that it takes was not measured. */
export function dueOf(row: Row): { text: string; holds: boolean | undefined } | undefined {
  const found = DUE.find(([name, figure]) => name.test(row.case) && figure === row.figure)?.[2];
  if (found === undefined) return undefined;
  const unit = found.text.endsWith(' ') ? row.unit : '';
  return { text: `${found.text}${unit}`, holds: found.holds(row) };
}
