import { dueOf } from '../due.ts';
import { type Row, ratio } from '../measure/row.ts';
import { columnsOf, OTHERS, othersIn } from './wording.ts';

function line(row: Row, others: readonly (keyof typeof OTHERS)[]): string {
  const times = ratio(row);
  const due = dueOf(row);
  const verdict = due?.holds === undefined ? '' : due.holds ? 'reached' : 'MISSED';
  return [
    row.case.padEnd(20),
    `${row.figure}, ${row.unit}`.padEnd(28),
    (row.reference?.median.toLocaleString('en') ?? '').padStart(12),
    (row.ours?.median.toLocaleString('en') ?? '').padStart(12),
    ...others.map((side) => (row[side]?.median.toLocaleString('en') ?? '').padStart(OTHERS[side].length + 2)),
    (times === undefined ? '' : `${times.toFixed(2)} x`).padStart(12),
    due === undefined ? '' : `  due ${due.text} ${verdict}`,
  ].join('');
}

/** Prints rows of a group as a table: reference, the case, how many times better, what is due. */
export function writeSummary(rows: readonly Row[], what: string): void {
  const [reference, ours] = columnsOf(what);
  const others = othersIn(rows);
  const head = `${'case'.padEnd(20)}${'figure'.padEnd(28)}${reference.padStart(12)}${ours.padStart(12)}${others.map((side) => `  ${OTHERS[side]}`).join('')}${'better by'.padStart(12)}`;
  process.stdout.write(`${[head, ...rows.map((row) => line(row, others))].join('\n')}\n\n`);
}
