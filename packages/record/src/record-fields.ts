/** What becomes of a field of a record. Those from META on are kept in the group `meta`. */
export const FIELD = {
  DATA: 0,
  DROPPED: 1,
  NAME: 2,
  CREATED: 3,
  LEVELNO: 4,
  MESSAGE: 5,
  EXC_INFO: 6,
  EXC_TEXT: 7,
  META: 8,
  MSG: 9,
} as const;

/** The attributes of a Python LogRecord (logging documentation); origname is the Chronologer client's. */
const FIELDS = new Map<string, number>([
  ['name', FIELD.NAME],
  ['created', FIELD.CREATED],
  ['levelno', FIELD.LEVELNO],
  ['message', FIELD.MESSAGE],
  ['exc_info', FIELD.EXC_INFO],
  ['exc_text', FIELD.EXC_TEXT],
  ['levelname', FIELD.DROPPED],
  ['asctime', FIELD.DROPPED],
  ['msg', FIELD.MSG],
  ...[
    'args',
    'pathname',
    'filename',
    'module',
    'stack_info',
    'lineno',
    'funcName',
    'msecs',
    'relativeCreated',
    'thread',
    'threadName',
    'processName',
    'process',
    'taskName',
    'origname',
  ].map((name): [string, number] => [name, FIELD.META]),
]);

export function fieldKind(key: string): number {
  return FIELDS.get(key) ?? FIELD.DATA;
}

export function isMeta(kind: number | undefined): boolean {
  return kind !== undefined && kind >= FIELD.META;
}
