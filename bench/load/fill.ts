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
