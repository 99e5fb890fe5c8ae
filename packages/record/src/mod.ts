export { repairJson } from './json.ts';
export type { LogRecord } from './model.ts';
export { literalToJson } from './python-literal.ts';
export { RecordError } from './record-error.ts';
export { recordFromForm } from './record-form.ts';
export { recordFromJson, recordsFromJson } from './record-json.ts';
export { RecordSlicer } from './record-slicer.ts';
export type { RecordOptions } from './record-values.ts';
export { formatTimestamp, parseTimestamp } from './timestamp.ts';
