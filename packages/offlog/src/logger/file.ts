import { closeSync, openSync, writeSync } from 'node:fs';
import { complain } from '../client/exit-hooks.ts';
import type { ProxyFileOptions } from '../client/options.ts';
import type { FilePath } from '../client/path.ts';
import { ProxyFile } from '../client/proxy-file.ts';

/** Where a logger's lines go besides standard output and error. */
export type LogFile = {
  write(text: string): void;
  close(): Promise<void>;
};

/** A file that this process appends to by itself, each line at once; so each write may wait for the disk. */
export function openLocalFile(path: FilePath): LogFile {
  const fd = openSync(path as string | URL, 'a', 0o666);
  let open = true;
  return {
    write(text) {
      if (!open) throw new Error('write to a closed file');
      const bytes = Buffer.from(text);
      for (let start = 0; start < bytes.length; ) start += writeSync(fd, bytes, start);
    },
    async close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/** A file written by the daemon. Unless the application wants to know itself, a line says when the first was dropped. */
export async function openProxyFile(path: FilePath, options: ProxyFileOptions): Promise<LogFile> {
  let said = false;
  const onDrop = () => {
    if (!said) complain(`${path}: the daemon is too slow: lines are dropped`);
    said = true;
  };
  return ProxyFile.open(path, { ...options, onDrop: options.onDrop ?? onDrop });
}

/** Keeps a broken file from throwing into whoever logs: it is said on standard error, once. */
export function quiet(file: LogFile, path: FilePath): LogFile {
  let said = false;
  return {
    write(text) {
      try {
        file.write(text);
      } catch (error) {
        if (!said) complain(`${path}: lines are no longer written: ${error}`);
        said = true;
      }
    },
    close: () => file.close(),
  };
}
