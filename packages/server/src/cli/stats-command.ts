import type { Settings } from '../settings.ts';
import { openEngine } from '../store/engines.ts';
import type { StoreStats } from '../store/store.ts';
import { CommandError } from './command-error.ts';
import { opening } from './opening.ts';

/** Prints figures of the store. Rejects with a CommandError. */
export async function statsCommand(settings: Settings, { json }: { readonly json: boolean }): Promise<void> {
  const engine = openEngine(settings.storageDsn);
  const stats = await opening('The store cannot be read', () => {
    if (engine.stats === undefined) throw new CommandError('this kind of store tells no figures');
    return engine.stats();
  });
  const text = json
    ? JSON.stringify({ store: engine.description, ...stats })
    : page(engine.description, stats);
  process.stdout.write(`${text}\n`);
}

function page(store: string, stats: StoreStats): string {
  const { records, recent, blocks, bytes, parts, unpacked } = stats;
  const texts = parts.messages + parts.logrecs;
  const used = bytes.file - bytes.free;
  const facts: (readonly [what: string, value: string])[] = [
    ['store', store],
    ['records', `${grouped(records)}, of them in recent rows ${grouped(recent)}`],
    ['blocks', grouped(blocks)],
    ['oldest, newest', `${time(stats.oldest)}, ${time(stats.newest)}`],
    ['file', `${size(bytes.file)}, of it free ${size(bytes.free)}; write-ahead log ${size(bytes.log)}`],
    ['bytes a record', records === 0 ? 'none' : (used / records).toFixed(1)],
    [
      'parts of blocks',
      `levels and names ${size(parts.kinds)}, ids and times ${size(parts.heads)}, messages ${size(parts.messages)}, ` +
        `texts of logrec ${size(parts.logrecs)}`,
    ],
    [
      'messages and texts',
      unpacked === undefined || texts === 0
        ? 'none'
        : `about ${size(unpacked)} unpacked, ${(unpacked / texts).toFixed(1)} times as much`,
    ],
  ];
  const days = stats.days.map(({ day, records: count, bytes: own }) => [day, grouped(count), size(own)]);
  if (stats.bytesOfSeveralDays > 0) days.push(['several days', '', size(stats.bytesOfSeveralDays)]);
  const levels = stats.levels.map(({ level, records: count }) => [`${level}`, grouped(count)]);
  return [
    ...facts.map(([what, value]) => `${what.padEnd(20)}${value}`),
    '',
    ...table(['day (UTC)', 'records', 'in blocks'], days),
    '',
    ...table(['level', 'records'], levels),
  ].join('\n');
}

/** The first column to the left, numbers to the right. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}

function grouped(number: number): string {
  return number.toLocaleString('en');
}

function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return unit === 0 ? `${bytes} B` : `${(bytes / 1000 ** unit).toPrecision(3)} ${units[unit]}`;
}

/** A time of the store, in UTC; one that no calendar has as the number that it is. */
function time(microseconds: number | undefined): string {
  if (microseconds === undefined) return 'none';
  const date = new Date(Math.floor(microseconds / 1000));
  return Number.isNaN(date.getTime()) ? `${microseconds} µs` : date.toISOString();
}
