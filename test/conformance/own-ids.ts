import type { Answer } from '../http-request.ts';

/** Where ids stand: at the end of a record, and in lists of nothing else. */
const RECORD_ID = /(?<="id": )\d+(?=\})/g;
const ID_LISTS = /(?<=^|"body": )\[\d+(?:, \d+)*\]/g;

/**
 * Translates between the ids of recorded answers, which count from 1, and those of a store that gives out others in the
 * same order. Ids are met first in the answers to POST requests.
 */
export class OwnIds {
  readonly #counted = new Map<string, number>();
  readonly #own: string[] = [];

  /** An answer with ids that count from 1; `isNew` when it is that of a POST. */
  counted(answer: Answer, isNew: boolean): Answer {
    const type = answer.headers['content-type'] ?? '';
    if (!type.includes('json') || answer.headers['content-encoding'] !== undefined) return answer;
    const text = answer.body.toString('utf8');
    const translated = text
      .replace(RECORD_ID, (id) => this.#count(id, isNew))
      .replace(ID_LISTS, (list) => list.replace(/\d+/g, (id) => this.#count(id, isNew)));
    return { ...answer, body: Buffer.from(translated) };
  }

  /** A path with the store's own id in place of one that counts from 1. */
  own(path: string): string {
    return path.replace(/(?<=\/record\/)\d+/, (id) => this.#own[Number(id) - 1] ?? id);
  }

  #count(id: string, isNew: boolean): string {
    if (isNew && !this.#counted.has(id)) {
      this.#own.push(id);
      this.#counted.set(id, this.#own.length);
    }
    return String(this.#counted.get(id) ?? id);
  }
}
