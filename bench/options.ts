import { parseArgs } from 'node:util';

const HELP = `Measures this server beside Chronologer 0.4.5, in turns, and writes bench/results/ and docs/performance.md.

  npm run bench -- [options]

  --only NAMES     groups (start, ingest, reading, decoding) or cases, separated by commas; default: the first three
  --quick          one short round, 100,000 records: to see that all runs; docs/performance.md stays as it is
  --records N      records in the store that is read (1,000,000)
  --bytes N        bytes of a record's line (800)
  --rounds N       rounds of each case (3)
  --seconds N      seconds of a round of loading (5)
  --side SIDE      reference or ours alone
  --page           writes docs/performance.md anew from the newest results, measuring nothing
  --help           this

Loading is done by wrk (apt install wrk). The reference is looked for in CHRONOLOGER_REFERENCE, else in .cache/reference.
`;

export type Options = {
  only: ReadonlySet<string>;
  quick: boolean;
  records: number;
  bytes: number;
  rounds: number;
  seconds: number;
  requests: number;
  side: string | undefined;
  page: boolean;
};

function positive(name: string, value: string | undefined, otherwise: number): number {
  const number = Number((value ?? String(otherwise)).replaceAll(/[,_]/g, ''));
  if (!(number > 0)) throw new Error(`--${name} takes a number above 0`);
  return number;
}

/** Reads the command line; prints the help and answers undefined when that is what it asks for. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: 'start,ingest,reading' },
      quick: { type: 'boolean', default: false },
      records: { type: 'string' },
      bytes: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      side: { type: 'string' },
      page: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const { quick } = values;
  return {
    only: new Set(values.only.split(',')),
    quick,
    records: positive('records', values.records, quick ? 100_000 : 1_000_000),
    bytes: positive('bytes', values.bytes, 800),
    rounds: positive('rounds', values.rounds, quick ? 1 : 3),
    seconds: positive('seconds', values.seconds, quick ? 2 : 5),
    requests: quick ? 10 : 51,
    side: values.side,
    page: values.page,
  };
}
