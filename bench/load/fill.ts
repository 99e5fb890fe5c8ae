import { TimedClient } from '../measure/timed-request.ts';
import { body, CONTENT_TYPE, FILLED_SECONDS } from './bodies.ts';

const BATCH = 1000;
const CONNECTIONS = 2;

/**
 * Fills an empty store with records that are spread evenly over the filled week, through its API, on two connections.
 * Records of both sides are the same; the order of two batches may differ.
 */
export async function fillStore(port: number, records: number, bytes: number): Promise<void> {
  let next = 0;
  const send = async () => {
    const client = new TimedClient(port);
    while (next < records) {
      const first = next;
      next += BATCH;
      const text = body({ type: 'ndjson', records: BATCH }, first, FILLED_SECONDS / records, bytes);
      const { status } = await client.send('POST', '/api/v1/record', CONTENT_TYPE.ndjson, text);
      if (status !== 201) throw new Error(`filling was answered ${status}`);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
}

/** Bodies that are made before they are sent: 50,000 records. */
const PORTION = 50;

/**
 * Fills an empty store as `fillStore` does, in portions of bodies that are made beforehand; the seconds that sending took.
 */
export async function fillPortions(port: number, records: number, bytes: number): Promise<number> {
  const clients = Array.from({ length: CONNECTIONS }, () => new TimedClient(port));
  let milliseconds = 0;
  for (let first = 0; first < records; first += PORTION * BATCH) {
    const bodies: string[] = [];
    for (let at = first; at < Math.min(first + PORTION * BATCH, records); at += BATCH) {
      bodies.push(body({ type: 'ndjson', records: BATCH }, at, FILLED_SECONDS / records, bytes));
    }
    const started = performance.now();
    await Promise.all(clients.map((client) => sendAll(client, bodies)));
    milliseconds += performance.now() - started;
  }
  for (const client of clients) client.close();
  return milliseconds / 1000;
}

/** Sends bodies, which others may take from too, until there are none. */
async function sendAll(client: TimedClient, bodies: string[]): Promise<void> {
  for (let text = bodies.shift(); text !== undefined; text = bodies.shift()) {
    const { status } = await client.send('POST', '/api/v1/record', CONTENT_TYPE.ndjson, text);
    if (status !== 201) throw new Error(`filling was answered ${status}`);
  }
}
