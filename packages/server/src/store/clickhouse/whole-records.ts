import type { Written } from '../record-writer.ts';
import { StoreError } from '../store-error.ts';
import type { Column } from './compiled-form.ts';
import type { Value } from './form-holes.ts';
import { CompiledForms } from './forms.ts';
import { textLiteral } from './literal.ts';
import type { RowBinaryReader } from './row-binary.ts';

/** Asks for the answer to a SELECT without FORMAT and SETTINGS. */
export type Ask = (select: string) => Promise<RowBinaryReader>;

/** Columns of one question. More of them take longer than another question. */
const MOST_COLUMNS = 300;

/** Forms that are filled from the answer to one question, and the columns of all of them. */
interface Group {
  readonly forms: string[];
  readonly columns: Map<string, Column>;
}

/** Reads records with the texts of logrec, which are put together of their forms and of values of the JSON column. */
export class WholeRecords {
  readonly #ask: Ask;
  readonly #forms = new CompiledForms();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** The records that meet a condition, highest ids first. `place` is what tells the table where they are. */
  async read(place: string, condition: string): Promise<Written[]> {
    const found = await this.#ask(`SELECT DISTINCT logrec_form FROM record WHERE ${place}`);
    const forms: string[] = [];
    while (!found.over) forms.push(found.text());
    const groups = this.#groups(forms);
    const rows: Written[] = [];
    for (const group of groups) rows.push(...(await this.#ofGroup(group, condition)));
    return groups.length > 1 ? rows.sort((a, b) => b.id - a.id) : rows;
  }

  /** Forms with few columns together. */
  #groups(forms: readonly string[]): Group[] {
    const groups: Group[] = [];
    let last: Group | undefined;
    for (const form of forms) {
      const columns = form === '' ? [] : this.#forms.get(form).columns;
      if (last === undefined || last.columns.size + columns.length > MOST_COLUMNS) {
        last = { forms: [], columns: new Map() };
        groups.push(last);
      }
      last.forms.push(form);
      for (const column of columns) last.columns.set(column.name, column);
    }
    return groups;
  }

  async #ofGroup({ forms, columns }: Group, condition: string): Promise<Written[]> {
    const names = ['record_id, name, ts, level, message, logrec_text, logrec_form'];
    names.push(...columns.keys());
    const which = `logrec_form IN (${forms.map(textLiteral).join(', ')}) AND ${condition}`;
    const found = await this.#ask(
      `SELECT ${names.join(', ')} FROM record WHERE ${which} ORDER BY record.record_id DESC`,
    );
    const rows: Written[] = [];
    const values = new Map<string, Value>();
    while (!found.over) {
      const [id, name, ts, level] = [found.uint64(), found.text(), found.int64(), found.int32()];
      const [message, text, form] = [found.text(), found.bytes(), found.text()];
      for (const column of columns.values()) values.set(column.name, column.read(found));
      rows.push({
        id,
        name,
        ts,
        level,
        message,
        logrec: form === '' ? text : this.#filled(form, values, id),
      });
    }
    return rows;
  }

  #filled(form: string, values: ReadonlyMap<string, Value>, id: number): string {
    const { literals, columns } = this.#forms.get(form);
    let text = literals[0] ?? '';
    for (const [index, { name, write }] of columns.entries()) {
      const value = values.get(name);
      if (value === undefined) {
        throw new StoreError('unavailable', `Record ${id} is damaged: a value of its JSON column is missing`);
      }
      text += write(value) + (literals[index + 1] ?? '');
    }
    return text;
  }
}
