/** Levels, with the numbers of Python's logging. */
export const DEBUG = 10;
export const INFO = 20;
export const WARNING = 30;
export const ERROR = 40;
export const CRITICAL = 50;

const NAMES: ReadonlyMap<number, string> = new Map([
  [DEBUG, 'DEBUG'],
  [INFO, 'INFO'],
  [WARNING, 'WARNING'],
  [ERROR, 'ERROR'],
  [CRITICAL, 'CRITICAL'],
]);

/** The name of a level; `Level 15` for one without. */
export function levelName(level: number): string {
  return NAMES.get(level) ?? `Level ${level}`;
}
