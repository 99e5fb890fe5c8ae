import { readFile, writeFile } from 'node:fs/promises';
import type { Row } from '../measure/row.ts';
import type { Results } from './results.ts';
import { table } from './tables.ts';

/** Documents that quote figures, between markers `<!-- name -->` and `<!-- /name -->`. */
const EXCERPTS: readonly { file: string; marker: string; what: RegExp; quoted: (row: Row) => boolean }[] = [
  {
    file: 'README.md',
    marker: 'figures',
    what: /^(start|ingest-800|reading-1000000)$/,
    quoted: ({ case: name, figure }) =>
      figure === 'rate' ||
      name === 'start' ||
      (figure === 'p95' && /^(count|timeline-day|page-newest|page-level|page-name|page-time)$/.test(name)),
  },
  { file: 'docs/design.md', marker: 'decoding', what: /^decoding$/, quoted: () => true },
];

/** Puts the newest figures into the documents that quote them. */
export async function writeExcerpts(results: readonly Results[]): Promise<void> {
  for (const { file, marker, what, quoted } of EXCERPTS) {
    const rows = results.filter((each) => what.test(each.what)).flatMap((each) => each.rows.filter(quoted));
    const path = new URL(`../../${file}`, import.meta.url);
    const text = await readFile(path, 'utf8');
    const [begin, end] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from === -1 || to < from) throw new Error(`${file} has no place for figures: ${begin} … ${end}`);
    await writeFile(
      path,
      `${text.slice(0, from)}${begin}\n${table(rows).join('\n').trimEnd()}\n${text.slice(to)}`,
    );
  }
}
