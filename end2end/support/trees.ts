// Folders full of files, and whether two of them are equal.
import { createHash, randomFillSync } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Api } from './api';
import type { Longshore } from './longshore';

/** Writes files of the given sizes; contents are random, so that nothing is skipped as equal. */
export async function makeTree(folder: string, files: Record<string, number>): Promise<void> {
  for (const [name, size] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, randomFillSync(Buffer.alloc(size)));
  }
}

/** `count` files of `size` bytes, named so that order by name is order by number. */
export async function makeMany(folder: string, count: number, size = 0): Promise<void> {
  await mkdir(folder, { recursive: true });
  const content = randomFillSync(Buffer.alloc(size));
  for (let start = 0; start < count; start += 500) {
    const batch = Array.from({ length: Math.min(500, count - start) }, (_, i) => start + i);
    await Promise.all(batch.map((i) => writeFile(join(folder, `file-${String(i).padStart(6, '0')}.dat`), content)));
  }
}

/** Path below the folder to SHA-256, sorted. */
export async function hashes(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const result: Record<string, string> = {};
  for (const file of files.sort()) {
    result[relative(folder, file)] = createHash('sha256').update(await readFile(file)).digest('hex');
  }
  return result;
}

/** 32 MiB in small files, at 2 MiB a second: long enough to be killed in the middle. */
export async function slowCopy(longshore: Longshore, api: Api): Promise<{ id: string; source: string; target: string }> {
  const [source, target] = [join(longshore.files, 'from'), join(longshore.files, 'to')];
  await makeTree(source, Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`part-${i}.bin`, 512 * 1024])));
  return { id: await api.copy(source, target, { bwlimit: '2M', transfers: 1 }), source, target };
}
