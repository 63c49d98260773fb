import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Everything in a folder, by path: "src/app.ts" → "100644 <hash>", as git would name it; folders are not listed, unless empty. */
export type FolderContent = Record<string, string>;

/** A folder that does not exist has no content. */
export function contentOf(dir: string, prefix = ''): FolderContent {
  const found: FolderContent = {};
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

export function sameContent(one: FolderContent, other: FolderContent): boolean {
  const files = Object.keys(one);
  return files.length === Object.keys(other).length && files.every((file) => one[file] === other[file]);
}

/** The name that git gives to a content. */
function blobId(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

const isExecutable = (mode: number) => process.platform !== 'win32' && (mode & 0o100) !== 0;
