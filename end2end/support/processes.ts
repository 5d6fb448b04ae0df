// The processes of a run or a mount, as the system sees them. Linux only.
import { readFileSync, readdirSync } from 'node:fs';
import { until } from './process';

interface Processes {
  rclone: number;
  shim: number;
}

/** The two processes of a run or a mount, once both are there: each has its folder among its arguments. */
export function processesOf(run: string, command = 'copy'): Promise<Processes> {
  return until(`the processes of ${command} ${run}`, () => {
    const found = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({ pid: Number(name), args: argumentsOf(name) }))
      .filter(({ args }) => args.some((arg) => arg.includes(run)));
    const shim = found.find(({ args }) => args[1] === 'shim')?.pid;
    const rclone = found.find(({ args }) => args[1] === command)?.pid;
    return shim !== undefined && rclone !== undefined ? { shim, rclone } : undefined;
  });
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // It ended while we looked.
    return [];
  }
}
