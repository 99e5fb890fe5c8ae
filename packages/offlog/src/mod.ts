export { OfflogError } from './client/errors.ts';
export type { Dropped, ProxyFileOptions, Reconnected } from './client/options.ts';
export type { FilePath } from './client/path.ts';
export { ProxyFile } from './client/proxy-file.ts';
export { CRITICAL, DEBUG, ERROR, INFO, WARNING } from './logger/levels.ts';
export { Logger, type LoggerOptions } from './logger/logger.ts';
