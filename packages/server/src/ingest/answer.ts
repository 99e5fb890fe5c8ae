import { formatTimestamp, type LogRecord, RecordError } from '@chronologer/record';
import { ApiError, ERRORS, errorBody } from '../errors.ts';
import type { StoreError } from '../store/store-error.ts';
import type { ContentType } from './decode.ts';

/** What is sent back for a body: a status and a JSON text. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Why a body, or the rest of it, was not stored. */
export type Failure = RecordError | StoreError | ApiError;

/** The answer to a form or a JSON object: the record, as it will be read. */
export function recordAnswer({ name, ts, level, message, logrec }: LogRecord, id: number): Answer {
  const head = `{"name": ${JSON.stringify(name)}, "ts": "${formatTimestamp(ts)}", "level": ${level}`;
  return {
    status: 201,
    body: `${head}, "message": ${JSON.stringify(message)}, "logrec": ${logrec}, "id": ${id}}`,
  };
}

/**
 * The answer to a list: 201 with all ids; an error by itself when nothing was stored; 207 with both otherwise. As
 * recorded of NDJSON, an unreadable line is a ValueError within a 207, and any bad line an HTTPError by itself.
 */
export function listAnswer(ids: readonly number[], error: Failure | undefined, type: ContentType): Answer {
  const stored = `[${ids.join(', ')}]`;
  if (error === undefined) return { status: 201, body: stored };
  const isBadLine = type === 'ndjson' && error instanceof RecordError;
  if (ids.length === 0) return errorAnswer(error, isBadLine ? 'HTTPError' : typeOf(error));
  const inner = errorAnswer(error, isBadLine && error.type === 'HTTPError' ? 'ValueError' : typeOf(error));
  const parts = `{"status": 201, "body": ${stored}}, {"status": ${inner.status}, "body": ${inner.body}}`;
  return { status: 207, body: `{"multistatus": [${parts}]}` };
}

/** The answer when nothing was stored. */
export function errorAnswer(error: Failure, type = typeOf(error)): Answer {
  return { status: statusOf(error), body: errorBody(type, error.message) };
}

function statusOf(error: Failure): number {
  if (error instanceof ApiError) return error.status;
  return error instanceof RecordError ? 400 : ERRORS.store.status;
}

function typeOf(error: Failure): string {
  return error instanceof RecordError || error instanceof ApiError ? error.type : ERRORS.store.type;
}
