// Files, for builds on any Node.js from 18 on.
import { existsSync, mkdirSync as mkdir, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export { existsSync, readFileSync, writeFileSync };

export const mkdirSync = folder => mkdir(folder, { recursive: true });

// All files below a folder with that ending, but for what was built or installed.
export function globSync(folder, ending) {
  return readdirSync(folder, { withFileTypes: true }).filter(entry => !['node_modules', 'obj', 'bin'].includes(entry.name)).flatMap(entry =>
    entry.isDirectory() ? globSync(join(folder, entry.name), ending) : entry.name.endsWith(ending) ? [join(folder, entry.name)] : []);
}
