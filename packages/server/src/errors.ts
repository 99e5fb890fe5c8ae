/**
 * Every error the API answers, by code: its status, the `type` a client sees and the message. `type` and message are
 * those of Chronologer 0.4.5 where it has the case. A message with `{}` takes a detail.
 */
export const ERRORS = {
  badRequest: { status: 400, type: 'HTTPError', message: '{}' },
  badValue: { status: 400, type: 'ValueError', message: '{}' },
  badQuery: {
    status: 400,
    type: 'StorageQueryError',
    message: 'Make sure the query filter is a valid WHERE expression',
  },
  refusedQuery: { status: 400, type: 'StorageQueryError', message: '{}' },
  unauthorised: { status: 401, type: 'HTTPError', message: 'You are not authorised to access that resource' },
  forbidden: { status: 403, type: 'HTTPError', message: 'Request forbidden -- authorization will not help' },
  noPath: { status: 404, type: 'NotFound', message: "The path '{}' was not found." },
  noRecord: { status: 404, type: 'HTTPError', message: 'Nothing matches the given URI' },
  noPage: { status: 404, type: 'HTTPError', message: 'The web page is not installed on this server' },
  noMethod: { status: 405, type: 'HTTPError', message: 'Specified method is invalid for this resource' },
  tooSlow: { status: 408, type: 'HTTPError', message: 'The request did not arrive in time' },
  tooLarge: { status: 413, type: 'HTTPError', message: 'The body is larger than {} bytes' },
  wrongType: {
    status: 415,
    type: 'HTTPError',
    message:
      'Supported content types: application/x-www-form-urlencoded, application/json, application/x-ndjson',
  },
  wrongEncoding: {
    status: 415,
    type: 'HTTPError',
    message: 'Supported content encodings: gzip, br, zstd, deflate',
  },
  internal: { status: 500, type: 'InternalError', message: 'The server failed; its log says why' },
  store: { status: 503, type: 'StorageError', message: '{}' },
  busy: { status: 503, type: 'HTTPError', message: 'Too much is waiting to be written or read; try again' },
  stopping: { status: 503, type: 'HTTPError', message: 'The server is shutting down' },
  timeout: { status: 504, type: 'StorageTimeoutError', message: 'Reading took longer than {} seconds' },
} as const satisfies Record<string, { status: number; type: string; message: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error to be answered to the client of a request. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;

  /** `detail` stands for `{}` in the message of the table. */
  constructor(code: ErrorCode, detail = '', headers: Readonly<Record<string, string>> = {}) {
    const { status, type, message } = ERRORS[code];
    super(message.replace('{}', () => detail));
    this.name = 'ApiError';
    this.status = status;
    this.type = type;
    // An overload or a fault of the store passes: say when to come back.
    this.headers = status === 503 ? { 'Retry-After': '1', ...headers } : headers;
  }
}

/** The JSON text of an error. */
export function errorBody(type: string, message: string): string {
  return JSON.stringify({ error: { type, message } });
}
