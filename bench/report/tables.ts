import { dueOf } from '../due.ts';
import { type Row, ratio, type Values } from '../measure/row.ts';
import { columnsOf, describeCase, OTHERS, othersIn } from './wording.ts';

/** Three significant figures, thousands separated: more would claim what rounds do not hold. */
export function print(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 2 });
}

function cell(values: Values | undefined): string {
  return values === undefined ? '' : print(values.median);
}

function tableRow(row: Row, others: readonly (keyof typeof OTHERS)[]): string {
  const due = dueOf(row);
  const reached = due === undefined || due.holds !== false ? '' : ' (missed)';
  const times = ratio(row);
  return `| ${[
    describeCase(row.case),
    `${row.figure}, ${row.unit}`,
    cell(row.reference),
    cell(row.ours),
    ...others.map((side) => cell(row[side])),
    times === undefined ? '' : `${print(times)} ×`,
    due === undefined ? '' : `${due.text}${reached}`,
  ].join(' | ')} |`;
}

/** Rows of a group as a Markdown table; what was measured on this server alone needs no comparison. */
export function table(rows: readonly Row[], what: string): string[] {
  if (rows.every((row) => row.reference === undefined)) return ownTable(rows);
  const others = othersIn(rows);
  const columns = [...columnsOf(what), ...others.map((side) => OTHERS[side])];
  return [
    `| case | figure | ${columns.join(' | ')} | better by | due |`,
    `|---|---|${'---:|'.repeat(columns.length + 1)}---|`,
    ...rows.map((row) => tableRow(row, others)),
    '',
  ];
}

/** Without the reference there is nothing to compare with and nothing due. */
function ownTable(rows: readonly Row[]): string[] {
  return [
    '| case | figure | value |',
    '|---|---|---:|',
    ...rows.map((row) => `| ${describeCase(row.case)} | ${row.figure}, ${row.unit} | ${cell(row.ours)} |`),
    '',
  ];
}
