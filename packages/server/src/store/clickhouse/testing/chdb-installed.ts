import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** CI installs chdb, which is no dependency, into this folder of the working copy. */
const IN_CI = fileURLToPath(new URL('../../../../../../.cache/chdb', import.meta.url));

const folder = process.env.CHRONOLOGER_TEST_CHDB ?? IN_CI;
const isInstalled = existsSync(join(folder, 'node_modules', 'chdb'));
if (isInstalled) process.env.NODE_PATH = join(folder, 'node_modules');

/** For the option `skip` of a test: why it cannot run, or false. */
export const skipWithoutChdb: string | false =
  !isInstalled && 'chdb is an optional package of 543 MB: npm install --prefix .cache/chdb chdb@3';
