import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, sep } from 'node:path';
import { blobId, type StarterFiles } from './starter.ts';

/** Everything in a folder, by path: "src/app.ts" → "100644 <hash>", as git would name it; folders are not listed, unless empty. */
export function contentOf(dir: string, prefix = ''): StarterFiles {
  const found: StarterFiles = {};
  for (const name of existsSync(dir) ? readdirSync(dir).sort() : []) {
    const path = join(dir, name);
    const key = prefix + name;
    const entry = lstatSync(path);
    if (entry.isSymbolicLink()) found[key] = `120000 ${blobId(Buffer.from(readlinkSync(path).split(sep).join('/')))}`;
    else if (entry.isFile())
      found[key] = `${isExecutable(entry.mode) ? '100755' : '100644'} ${blobId(readFileSync(path))}`;
    else if (entry.isDirectory()) {
      const inside = contentOf(path, `${key}/`);
      if (Object.keys(inside).length > 0) Object.assign(found, inside);
      else found[`${key}/`] = '040000 empty';
    } else found[key] = 'neither file nor folder';
  }
  return found;
}

export function sameContent(one: StarterFiles, other: StarterFiles): boolean {
  const files = Object.keys(one);
  return files.length === Object.keys(other).length && files.every((file) => one[file] === other[file]);
}

const isExecutable = (mode: number) => process.platform !== 'win32' && (mode & 0o100) !== 0;
