import { parseArgs } from 'node:util';

const HELP = `Measures this server beside Chronologer 0.4.5, in turns, and writes bench/results/ and docs/performance.md.

  npm run bench -- [options] [GROUP…]

  --only NAMES     groups (start, ingest, mysql, reading, large, stores, slicer, offlog) or cases,
                   separated by commas, as may also be named without the option; default: start, ingest and reading
  --quick          one short round, 100,000 records: to see that all runs; docs/performance.md stays as it is
  --records N      records in the store that is read (reading and stores 1,000,000, large 10,000,000)
  --bytes N        bytes of a record's line (800)
  --rounds N       rounds of each case (3)
  --seconds N      seconds of a round of loading (5)
  --lines N        lines that each offlog case writes (1,000,000)
  --side SIDE      reference or ours alone (not for offlog)
  --page           writes docs/performance.md anew from the newest results, measuring nothing
  --help           this

Loading is done by wrk (apt install wrk). The reference is looked for in CHRONOLOGER_REFERENCE, else in .cache/reference.
The groups mysql and stores make databases on the server that CHRONOLOGER_BENCH_MYSQL names
(mysql://user:password@host:3306/database). The group stores takes chdb from .cache/chdb.
VictoriaLogs takes part in ingest where CHRONOLOGER_VICTORIALOGS names its binary.
The group offlog needs neither; it is measured beside the Python package offlog 0.1.0 in .cache/python-offlog-0.1.0.
`;

export type Options = {
  only: ReadonlySet<string>;
  quick: boolean;
  records: number;
  /** Records of the large store. */
  large: number;
  bytes: number;
  rounds: number;
  seconds: number;
  requests: number;
  lines: number;
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
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      records: { type: 'string' },
      bytes: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      lines: { type: 'string' },
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
  const named = [...positionals, ...(values.only === undefined ? [] : [values.only])];
  return {
    only: new Set((named.length > 0 ? named : ['start,ingest,reading']).join(',').split(',')),
    quick,
    records: positive('records', values.records, quick ? 100_000 : 1_000_000),
    large: positive('records', values.records, quick ? 200_000 : 10_000_000),
    bytes: positive('bytes', values.bytes, 800),
    rounds: positive('rounds', values.rounds, quick ? 1 : 3),
    seconds: positive('seconds', values.seconds, quick ? 2 : 5),
    requests: quick ? 10 : 51,
    lines: positive('lines', values.lines, quick ? 100_000 : 1_000_000),
    side: values.side,
    page: values.page,
  };
}
