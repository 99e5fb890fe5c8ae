import { mkdir, writeFile } from 'node:fs/promises';
import { conditions } from './conditions.ts';
import { writeExcerpts } from './excerpts.ts';
import { newestResults, type Results } from './results.ts';
import { table } from './tables.ts';
import { HEADINGS } from './wording.ts';

const SIDES: Readonly<Record<string, string>> = {
  reference: '0.4.5',
  ours: 'this server',
  victorialogs: 'VictoriaLogs',
  mysql: 'both on MySQL',
};

const page = new URL('../../docs/performance.md', import.meta.url).pathname;

function section(results: Results): string[] {
  const [group = ''] = results.what.split('-');
  const { title, text } = HEADINGS[group] ?? { title: group, text: '' };
  const size = results.what.slice(group.length + 1);
  const unit = group === 'reading' ? 'records' : 'bytes a record';
  const heading = size === '' ? title : `${title}, ${Number(size).toLocaleString('en')} ${unit}`;
  return [`## ${heading}`, '', text, '', conditions(results), '', ...table(results.rows, results.what)];
}

/** Writes docs/performance.md, and excerpts of it, from the newest results of each group and answers its path. */
export async function writePerformancePage(): Promise<string> {
  const newest = await newestResults();
  const order = Object.keys(HEADINGS);
  const place = ({ what }: Results): number => order.indexOf(what.split('-')[0] ?? '');
  const shown = [...newest.values()].filter((results) => place(results) >= 0);
  shown.sort((a, b) => place(a) - place(b) || b.what.localeCompare(a.what, 'en', { numeric: true }));
  const durability: Record<string, string> = Object.assign({}, ...shown.map((each) => each.durability));
  const lines = [
    '# Performance',
    '',
    'Written by `npm run bench`; do not edit. Both servers run in one session on one machine, by turns, in production',
    'with the same settings; the load generator shares the cores with them. Values are medians of the rounds; each',
    "round's own are in `bench/results/`. 0.4.5 is Chronologer 0.4.5, the original.",
    '',
    'What is promised by a 2xx:',
    ...Object.entries(durability).map(([side, text]) => `- ${SIDES[side] ?? side}: ${text}.`),
    '',
    ...shown.flatMap(section),
  ];
  await mkdir(new URL('.', `file://${page}`).pathname, { recursive: true });
  await writeFile(page, `${lines.join('\n').trimEnd()}\n`);
  await writeExcerpts([...shown, ...[...newest.values()].filter((each) => place(each) < 0)]);
  return page;
}
