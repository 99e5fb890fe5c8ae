import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { AUTHORIZATION } from '../servers/process.ts';

export type Answer = {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: Buffer;
  milliseconds: number;
};

/** A client with one kept connection, as a person's page or a script has. */
export class TimedClient {
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends a request and times it to the last byte of the answer. */
  async send(method: string, path: string, type?: string, body?: string): Promise<Answer> {
    const headers = { authorization: AUTHORIZATION, ...(type === undefined ? {} : { 'content-type': type }) };
    const started = performance.now();
    const sent = request({ agent: this.#agent, host: '127.0.0.1', port: this.#port, method, path, headers });
    sent.end(body);
    const [response] = await once(sent, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const milliseconds = performance.now() - started;
    return {
      status: response.statusCode,
      headers: response.headers,
      body: Buffer.concat(chunks),
      milliseconds,
    };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The number of records in the store that match a query string, empty for all. */
export async function countRecords(port: number, search = ''): Promise<number> {
  const client = new TimedClient(port);
  const { status, headers } = await client.send('HEAD', `/api/v1/record${search}`);
  client.close();
  if (status !== 200) throw new Error(`counting was answered ${status}`);
  return Number(headers['x-record-count']);
}

/** The number of all records in VictoriaLogs, what it holds in memory included. */
export async function countInVictoriaLogs(port: number): Promise<number> {
  const client = new TimedClient(port);
  await client.send('GET', '/internal/force_flush');
  const { status, body } = await client.send('GET', '/select/logsql/query?query=*+%7C+stats+count()+as+n');
  client.close();
  if (status !== 200) throw new Error(`counting was answered ${status}`);
  return Number((JSON.parse(body.toString()) as { n: string }).n);
}
