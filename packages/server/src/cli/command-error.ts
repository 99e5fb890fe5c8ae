/** Why a command cannot do its work. The message goes to standard error as it is, and the command ends with 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
