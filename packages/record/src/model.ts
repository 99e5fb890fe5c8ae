/**
 * One log record as every store keeps it.
 *
 * `ts` is microseconds since 1970-01-01T00:00Z, an integer between the years 1 and 9999 (exact to the microsecond
 * from 1684 to 2255, where a double holds it). `level` is an integer of 32 bits. `logrec` is the text of a JSON
 * object, with every number and escape as the client wrote it.
 */
export interface LogRecord {
  readonly name: string;
  readonly ts: number;
  readonly level: number;
  readonly message: string;
  readonly logrec: string;
}
