import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { LOGGER } from '../http-request.ts';
import type { Ledger } from './ledger.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A POST's content type and what stands in its body. */
type Kind = 'ndjson' | 'json' | 'array' | 'form';

const CONTENT_TYPES: Readonly<Record<Kind, string>> = {
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  array: 'application/json',
  form: 'application/x-www-form-urlencoded',
};

/** Three days in steps of some hours, so that a timeline has several groups: 2024-05-01 and the days after. */
const FIRST_SECOND = 1_714_521_600;
const HOURS = 72;

/** A record that carries its key in its data. */
function recordOf(key: string, random: SeededRandom) {
  return {
    name: `load.${key.split('-')[0]}`,
    created: FIRST_SECOND + 3600 * random.between(0, HOURS - 1) + 0.25,
    levelno: 10 * random.between(1, 5),
    msg: 'written under load %s',
    message: `written under load ${key}`,
    process: 4711,
    key,
  };
}

function bodyOf(kind: Kind, keys: readonly string[], random: SeededRandom): string {
  const records = keys.map((key) => recordOf(key, random));
  if (kind === 'array') return JSON.stringify(records);
  if (kind === 'ndjson') return records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const [record] = records;
  if (record === undefined) throw new Error('a record was expected');
  if (kind === 'json') return JSON.stringify(record);
  const fields = Object.entries(record).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(fields).toString();
}

/** What a POST came to: the ids of what was stored, in the order sent. */
export interface Outcome {
  /** Undefined when the connection was torn before the answer was whole. */
  readonly status: number | undefined;
  readonly ids: readonly number[];
}

/** The ids in an answer to a POST; those of a 207 are of the first records of its body. */
function idsOf(status: number, body: string): number[] {
  if (status !== 201 && status !== 207) return [];
  const answer: unknown = JSON.parse(body);
  if (Array.isArray(answer)) return answer;
  const { id, multistatus } = answer as { id?: number; multistatus?: { status: number; body: unknown }[] };
  if (id !== undefined) return [id];
  const stored = multistatus?.find((part) => part.status === 201)?.body;
  return Array.isArray(stored) ? stored : [];
}

/** One client that posts one body after the other on a connection kept open, and tells the ledger what it was answered. */
export class WritingClient {
  readonly #address: string;
  readonly #name: string;
  readonly #ledger: Ledger;
  readonly #random: SeededRandom;
  readonly #largest: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #lastKey = 0;
  #stopped = false;
  readonly #done: Promise<void>;

  /** `name` must not be used twice with one ledger; `largest` is the most lines of a batch. Starts at once. */
  constructor(address: string, name: string, ledger: Ledger, random: SeededRandom, largest: number) {
    this.#address = address;
    this.#name = name;
    this.#ledger = ledger;
    this.#random = random;
    this.#largest = largest;
    this.#done = this.#work();
  }

  /** Sends nothing more, and resolves when the last answer is there or its connection torn. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
    this.#agent.destroy();
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      const kind = this.#kind();
      const size = kind === 'ndjson' || kind === 'array' ? this.#random.between(1, this.#largest) : 1;
      const keys = Array.from({ length: size }, () => `${this.#name}-${++this.#lastKey}`);
      this.#ledger.sent(keys);
      const outcome = await this.#post(kind, bodyOf(kind, keys, this.#random));
      this.#ledger.answered(keys, outcome);
      // Torn or refused: the server goes or is gone, and who comes back at once would only spin.
      if (outcome.status !== 201) return;
    }
  }

  #kind(): Kind {
    const die = this.#random.between(1, 20);
    if (die <= 8) return 'ndjson';
    if (die <= 10) return 'array';
    return die <= 15 ? 'json' : 'form';
  }

  async #post(kind: Kind, body: string): Promise<Outcome> {
    try {
      const sent = request(`${this.#address}/api/v1/record`, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          ...LOGGER,
          'Content-Type': CONTENT_TYPES[kind],
          'Content-Length': Buffer.byteLength(body),
        },
      });
      sent.end(body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      const status = response.statusCode ?? 0;
      return { status, ids: idsOf(status, text) };
    } catch {
      return { status: undefined, ids: [] };
    }
  }
}
