import { seededRandom, weightedChoice } from './random.ts';

/** A field with its value as JSON writes it and as Python's str() does, which is what a form carries. */
export type Field = readonly [name: string, json: string, python: string];

/** The rarest of the names: one record in 10,000 bears it. */
export const RARE_NAME = 'shop.audit.export';

/** Users are numbered from 1 to this; all have about the same number of records. */
export const USERS = 50_000;

const LEVELS: readonly (readonly [{ levelno: number; levelname: string }, weight: number])[] = [
  [{ levelno: 10, levelname: 'DEBUG' }, 2_000],
  [{ levelno: 20, levelname: 'INFO' }, 7_195],
  [{ levelno: 30, levelname: 'WARNING' }, 700],
  [{ levelno: 40, levelname: 'ERROR' }, 100],
  [{ levelno: 50, levelname: 'CRITICAL' }, 5],
];

/** Twenty names, from the busiest to the rarest. */
const NAMES: readonly (readonly [name: string, weight: number])[] = [
  ['django.request', 2_200],
  ['shop.checkout', 1_500],
  ['shop.cart', 1_200],
  ['shop.search', 1_000],
  ['celery.worker', 800],
  ['shop.payment.card', 600],
  ['shop.payment.invoice', 400],
  ['urllib3.connectionpool', 400],
  ['shop.stock', 350],
  ['shop.stock.sync', 300],
  ['auth.session', 250],
  ['auth.token', 200],
  ['mail.outgoing', 200],
  ['mail.bounce', 150],
  ['cache.redis', 150],
  ['report.daily', 100],
  ['report.monthly', 80],
  ['deploy.migration', 70],
  ['shop.fraud', 49],
  [RARE_NAME, 1],
];

/** A template, its arguments as JSON and as Python writes them, and the message that comes of both. */
type Message = { template: string; args: string; message: string };

const TEMPLATES: readonly ((user: number, random: () => number) => Message)[] = [
  (user, random) => {
    const status = random() < 0.9 ? 200 : 404;
    const size = below(60_000, random);
    return formatted('GET /cart/%d %d %d', [user, status, size]);
  },
  (user, random) => formatted('user %d put %d pieces into the cart', [user, 1 + below(9, random)]),
  (user, random) => formatted('order %d of user %d is paid', [below(9_999_999, random), user]),
  (_user, random) => formatted('task %d done in %d ms', [below(999_999, random), below(5_000, random)]),
  (user, random) => formatted('session of user %d lives %d more seconds', [user, below(86_400, random)]),
  (_user, random) => formatted('connection pool is full, dropping connection %d', [below(64, random)]),
  (_user, random) => formatted('stock of article %d is now %d', [below(40_000, random), below(500, random)]),
  (user, random) => formatted('retry %d of mail to user %d', [1 + below(5, random), user]),
];

const MESSAGES = TEMPLATES.map((template) => [template, 1] as const);

const PADDING =
  'queue shard north replica warm cold primary batch window tenant cluster blue green canary stable release gateway edge'.split(
    ' ',
  );

function below(bound: number, random: () => number): number {
  return Math.floor(random() * bound);
}

function formatted(template: string, args: readonly number[]): Message {
  let next = 0;
  return { template, args: args.join(', '), message: template.replace(/%d/g, () => String(args[next++])) };
}

function text(name: string, value: string): Field {
  return [name, `"${value}"`, value];
}

function number(name: string, value: string | number): Field {
  return [name, String(value), String(value)];
}

function absent(name: string): Field {
  return [name, 'null', 'None'];
}

function hex(digits: number, random: () => number): string {
  let out = '';
  while (out.length < digits) out += below(16, random).toString(16);
  return out;
}

/** The attributes of a Python LogRecord, in its order, as 3.12 and later have them. */
function pythonFields(created: number, user: number, random: () => number): Field[] {
  const name = weightedChoice(NAMES, random);
  const { levelno, levelname } = weightedChoice(LEVELS, random);
  const { template, args, message } = weightedChoice(MESSAGES, random)(user, random);
  const module = name.slice(name.lastIndexOf('.') + 1);
  return [
    text('name', name),
    text('msg', template),
    ['args', `[${args}]`, args.includes(',') ? `(${args})` : `(${args},)`],
    text('levelname', levelname),
    number('levelno', levelno),
    text('pathname', `/srv/app/${name.replaceAll('.', '/')}.py`),
    text('filename', `${module}.py`),
    text('module', module),
    absent('exc_info'),
    absent('exc_text'),
    absent('stack_info'),
    number('lineno', 20 + below(400, random)),
    text('funcName', 'handle'),
    number('created', created.toFixed(6)),
    number('msecs', `${Math.floor((created % 1) * 1000)}.0`),
    number('relativeCreated', (random() * 1e8).toFixed(3)),
    number('thread', 139_937_868_082_240 + below(8, random) * 8_392_704),
    text('threadName', `worker-${below(8, random)}`),
    text('processName', 'MainProcess'),
    number('process', 3_300 + below(16, random)),
    text('message', message),
  ];
}

function jsonLength(fields: readonly Field[]): number {
  return fields.reduce((sum, [name, json]) => sum + name.length + json.length + 6, 0);
}

/** What a short record does without, in this order: senders trim such attributes first. */
const DISPENSABLE = ['relativeCreated', 'processName', 'filename', 'levelname', 'stack_info', 'thread'];

function trim(fields: Field[], bytes: number): void {
  for (const name of DISPENSABLE) {
    if (jsonLength(fields) <= bytes) return;
    fields.splice(
      fields.findIndex(([other]) => other === name),
      1,
    );
  }
}

/** Fields of the application's own, then words until the record has exactly `bytes` as Python's json writes it. */
function fill(fields: Field[], bytes: number, user: number, random: () => number): Field[] {
  fields.push(
    number('user_id', user),
    text('request_id', hex(16, random)),
    number('latency', (random() ** 4 * 3000).toFixed(4)),
  );
  const room = bytes - '"route": "", '.length;
  trim(fields, room);
  const left = room - jsonLength(fields);
  let words = '';
  while (words.length < left) words += `${PADDING[below(PADDING.length, random)]} ${below(100, random)} `;
  fields.push(text('route', words.slice(0, left)));
  return fields;
}

/**
 * A record as a Python web application logs it, made of nothing but its arguments.
 * @param index its number, the seed of all that varies
 * @param created Unix seconds
 * @param bytes its length as a line of NDJSON, with the line feed; at least 519
 */
export function benchRecord(index: number, created: number, bytes: number): Field[] {
  const random = seededRandom(index + 1);
  const user = 1 + below(USERS, random);
  return fill(pythonFields(created, user, random), bytes - 1, user, random);
}

/** The record as Python's json.dumps prints it, with its spaces. */
export function asJson(fields: readonly Field[]): string {
  return `{${fields.map(([name, json]) => `"${name}": ${json}`).join(', ')}}`;
}

/** The record as logging.handlers.HTTPHandler posts it. */
export function asForm(fields: readonly Field[]): string {
  return new URLSearchParams(fields.map(([name, , python]) => [name, python])).toString();
}
