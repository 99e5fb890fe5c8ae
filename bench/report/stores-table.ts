import { QUESTION_NAMES, STORE_NAMES } from '../measure/store-questions.ts';
import { conditions } from './conditions.ts';
import type { Results } from './results.ts';
import { print } from './tables.ts';
import { describeCase } from './wording.ts';

/** Results of the group stores as a Markdown table with a column for each store. */
export function storesTable(results: Results): string[] {
  const { settings, rows } = results;
  const cell = (name: string, figure: string) => {
    const found = rows.find((row) => row.case === name && row.figure === figure)?.ours;
    return found === undefined ? '' : print(found.median);
  };
  const line = (label: string, cells: readonly string[]) => `| ${[label, ...cells].join(' | ')} |`;
  const figure = (label: string, name: string) =>
    line(
      label,
      STORE_NAMES.map((store) => cell(`stores-${store}`, name)),
    );
  const questions = QUESTION_NAMES.map((name) =>
    line(
      `${describeCase(`stores-${name}`)}, p50 / p95, ms`,
      STORE_NAMES.map((store) =>
        ['p50', 'p95']
          .map((each) => cell(`stores-${store}-${name}`, each))
          .filter((each) => each !== '')
          .join(' / '),
      ),
    ),
  );
  return [
    `**${(settings.records ?? 0).toLocaleString('en')} records of ${settings.bytes} bytes.** ${conditions(results)}`,
    '',
    line('', STORE_NAMES),
    `|---|${STORE_NAMES.map(() => '---:').join('|')}|`,
    figure('taken in, records/s', 'rate'),
    figure('CPU of server and engine, s a million', 'CPU a million'),
    figure('bytes a record', 'disk a record'),
    ...questions,
    '',
  ];
}
