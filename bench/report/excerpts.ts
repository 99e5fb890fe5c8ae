import { readFile, writeFile } from 'node:fs/promises';
import type { Row } from '../measure/row.ts';
import { conditions } from './conditions.ts';
import type { Results } from './results.ts';
import { storesTable } from './stores-table.ts';
import { table } from './tables.ts';

/** What the clock takes is quoted once. */
const ofOfflog = ({ case: name, figure }: Row): boolean =>
  figure !== 'the clock alone' || name === 'offlog-node';

type Excerpt = {
  file: string;
  marker: string;
  what: RegExp;
  quoted: (row: Row) => boolean;
  /** Says how it was measured, where the page of figures does not. */
  described?: true;
  /** Makes a table of its own of each result. */
  tables?: (results: Results) => string[];
};

/** Documents that quote figures, between markers `<!-- name -->` and `<!-- /name -->`. */
const EXCERPTS: readonly Excerpt[] = [
  {
    file: 'README.md',
    marker: 'figures',
    what: /^(start|ingest-800|reading-1000000)$/,
    quoted: ({ case: name, figure }) =>
      figure === 'rate' ||
      name === 'start' ||
      (figure === 'p95' && /^(count|timeline-day|page-newest|page-level|page-name|page-time)$/.test(name)),
  },
  { file: 'docs/design.md', marker: 'slicer', what: /^slicer$/, quoted: () => true, described: true },
  { file: 'docs/offlog.md', marker: 'offlog', what: /^offlog$/, quoted: ofOfflog, described: true },
  { file: 'docs/stores.md', marker: 'stores', what: /^stores-/, quoted: () => true, tables: storesTable },
];

/** Puts the newest figures into the documents that quote them. */
export async function writeExcerpts(results: readonly Results[]): Promise<void> {
  for (const excerpt of EXCERPTS) {
    const { file, marker } = excerpt;
    const lines = linesOf(excerpt, results);
    const path = new URL(`../../${file}`, import.meta.url);
    const text = await readFile(path, 'utf8');
    const [begin, end] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from === -1 || to < from) throw new Error(`${file} has no place for figures: ${begin} … ${end}`);
    await writeFile(path, `${text.slice(0, from)}${begin}\n${lines.join('\n').trimEnd()}\n${text.slice(to)}`);
  }
}

function linesOf({ what, quoted, described, tables }: Excerpt, results: readonly Results[]): string[] {
  const chosen = results.filter((each) => what.test(each.what));
  const rows = chosen.flatMap((each) => each.rows.filter(quoted));
  if (rows.length === 0) return ['Not measured yet.'];
  if (tables !== undefined) return chosen.flatMap(tables);
  return [
    ...(described ? chosen.flatMap((each) => [conditions(each), '']) : []),
    ...table(rows, chosen[0]?.what ?? ''),
  ];
}
