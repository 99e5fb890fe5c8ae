import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CommandError } from './command-error.ts';

/**
 * The default export of a configuration module: values by the names of settings. `file` is relative to the working
 * folder. Throws a CommandError when there is none; whether names and values are good is not looked at.
 */
export async function loadConfigModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (extname(file).toLowerCase() === '.py') throw new CommandError(pythonModule(file));
  const path = resolve(file);
  if (!existsSync(path)) throw new CommandError(`-c ${file}: there is no such file`);
  const values = await defaultExport(file, path);
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new CommandError(
      `-c ${file}: its default export has to be an object, such as export default { port: 8080 };`,
    );
  return { ...values };
}

async function defaultExport(file: string, path: string): Promise<unknown> {
  try {
    const module: { readonly default?: unknown } = await import(pathToFileURL(path).href);
    return module.default;
  } catch (error) {
    throw new CommandError(`-c ${file} cannot be loaded: ${error}`, { cause: error });
  }
}

/** What 0.4.5 took: a Python module. */
function pythonModule(file: string): string {
  return `-c ${file} is a Python module, which this version does not read. Write an ES module, such as chronologer.mjs:

  export default {
    host: '0.0.0.0',
    port: 8080,
    retentionDays: 30,
  };

docs/settings.md lists the names. Environment variables work as they did.`;
}
