/**
 * What client and daemon agree on, as offlog 0.1 to 0.3 speak it: the client sends a file's absolute path, NUL, then
 * data; the daemon's messages are texts that end in NUL.
 */

/** Where the daemon listens unless told otherwise. */
export const DEFAULT_SOCKET = '/tmp/offlog.sock';

/** Most bytes of a path before its NUL. */
export const PATH_MAX = 4096;

/** The path was opened for appending. */
export const OK = 'OK';

/** Everything was written, and the connection ends. */
export const BYE = 'BYE';
