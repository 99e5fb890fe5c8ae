/**
 * What it costs to make a record of JSON text of 800 bytes, beside JSON.parse and JSON.stringify of the same text:
 * member by member, by its shape, and by the ways of going over a string that packages/record chose between.
 *
 *     node bench/json-scan.ts
 */
import { recordFromJson, recordsFromJson } from '../packages/record/src/mod.ts';

const RECORDS = 1000;
const ROUNDS = 100;
const options = { raw: false, now: 0 };

const record = {
  name: 'shop.checkout.cart',
  msg: 'user %s paid %d for order %s and went away with a smile on the face',
  args: ['zoe', 42, 'A-1234567'],
  levelname: 'INFO',
  levelno: 20,
  pathname: '/srv/shop/checkout/cart.py',
  filename: 'cart.py',
  module: 'cart',
  exc_info: null,
  exc_text: null,
  stack_info: null,
  lineno: 123,
  funcName: 'add_to_cart',
  created: 1700000000.123456,
  msecs: 123.456,
  relativeCreated: 13456.789,
  thread: 140073663925120,
  threadName: 'MainThread',
  processName: 'MainProcess',
  process: 3255,
  taskName: null,
  message: 'user zoe paid 42 for order A-1234567 and went away with a smile on the face',
  user_id: 387,
  request_id: '7f0c2b1e-9a55-4e7b-8f0e-2f1d6a9c3b11',
  path: '/checkout/pay',
  duration: 0.1834,
  tags: ['eu', 'card'],
};

/** As Python's json.dumps writes it, lines of one body. */
const line = JSON.stringify(record).replaceAll('":', '": ').replaceAll(',"', ', "');
const body = Array.from({ length: RECORDS }, (_, n) => line.replace('3255', String(1000 + n))).join('\n');
const lines = body.split('\n');
const parsed: unknown[] = lines.map((text) => JSON.parse(text));
const batches = lines.map((text) => `[${text}]`);

/** Prints the best and the middle round, in nanoseconds a record. */
function measure(name: string, run: (index: number) => unknown): void {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = process.hrtime.bigint();
    for (let index = 0; index < RECORDS; index += 1) run(index);
    rounds.push(Number(process.hrtime.bigint() - started) / RECORDS);
  }
  rounds.sort((a, b) => a - b);
  const [best = 0] = rounds;
  const median = rounds[ROUNDS / 2] ?? 0;
  console.log(`${name.padEnd(44)} ${best.toFixed(0).padStart(6)} ${median.toFixed(0).padStart(6)}`);
}

function text(index: number): string {
  return lines[index] ?? '';
}

function countControls(from: string): number {
  let count = 0;
  for (let at = 0; at < from.length; at += 1) if (from.charCodeAt(at) < 0x20) count += 1;
  return count;
}

function countQuotes(from: string): number {
  let count = 0;
  for (let at = from.indexOf('"'); at !== -1; at = from.indexOf('"', at + 1)) count += 1;
  return count;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what JSON forbids in strings.
const ALL_CONTROLS = /[\u0000-\u001f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the first half of them.
const HALF_CONTROLS = /[\u0000-\u000f]/;

console.log(`a record of ${line.length} characters${' '.repeat(18)}ns: best median`);
measure('recordFromJson, by shape', (index) => recordFromJson(text(index), options));
measure('recordsFromJson, arrays of one, by member', (index) =>
  recordsFromJson(batches[index] ?? '', options),
);
measure('JSON.parse', (index) => JSON.parse(text(index)));
measure('JSON.stringify', (index) => JSON.stringify(parsed[index]));
measure('loop of charCodeAt', (index) => countControls(text(index)));
measure('indexOf from quote to quote', (index) => countQuotes(text(index)));
measure('regular expression for 32 controls', (index) => ALL_CONTROLS.test(text(index)));
measure('regular expression for 16 controls', (index) => HALF_CONTROLS.test(text(index)));
