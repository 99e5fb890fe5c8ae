import type { StoreReader } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import type { ReadJob, ReadReply } from './messages.ts';

/** Does one job; every failure becomes a reply, because a worker must not die of a client's question. */
export async function doJob(reader: StoreReader, job: ReadJob): Promise<ReadReply> {
  try {
    return { result: await resultOf(reader, job), warnings: reader.takeWarnings() };
  } catch (error) {
    const { message, stack, cause } = error instanceof Error ? error : new Error(String(error));
    if (!(error instanceof StoreError)) return { fault: 'bug', message, detail: stack ?? message };
    return { fault: error.fault, message, detail: cause instanceof Error ? cause.message : message };
  }
}

function resultOf(reader: StoreReader, job: ReadJob) {
  switch (job.kind) {
    case 'count':
      return reader.count(job.filter);
    case 'timeline':
      return reader.timeline(job.filter, job.period, job.timezone);
    case 'page':
      return reader.page(job.filter, job.cursor, job.maxBytes);
    case 'find':
      return reader.find?.(job.filter, job.step);
    case 'records':
      return reader.records?.(job.ids, job.maxBytes);
    case 'get':
      return reader.get(job.id);
  }
}
