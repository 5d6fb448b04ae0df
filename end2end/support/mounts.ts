// What is mounted, as the kernel has it. Linux only.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether this machine can mount; CI has to. */
export function canMount(): boolean {
  const program = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'fusermount3')));
  return Boolean(process.env.CI) || (program && existsSync('/dev/fuse'));
}

/** Where something is mounted, dead or alive, at a folder or below it. */
export function mountsBelow(folder: string): string[] {
  const table = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const places = table.map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '));
  return places.filter((place) => place === folder || place.startsWith(`${folder}/`));
}

/** Takes away what a test left: a mount outlives the console. */
export function unmountBelow(folder: string): void {
  for (const place of mountsBelow(folder).reverse()) spawnSync('fusermount3', ['-u', '-z', '--', place]);
}
