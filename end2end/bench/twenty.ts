// Twenty runs at once: what each costs the console in computing and memory, and how much a browser hears of it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from '../support/api';
import type { Longshore } from '../support/longshore';
import { until } from '../support/process';
import { processesOf } from '../support/processes';
import { makeMany } from '../support/trees';
import { type Row, median } from './measure';

const RUNS = 20;
/** For how long it is watched. */
const WATCHED_MS = 20_000;
const KILOBYTE = 1000;

/** Starts them, so slow that none ends while it is watched, and watches. The console has to have as many places. */
export async function twenty(longshore: Longshore, api: Api): Promise<Row[]> {
  const source = join(longshore.files, 'twenty');
  await makeMany(source, 600, 64 << 10);
  const ids = await Promise.all(
    Array.from({ length: RUNS }, (_, n) => api.copy(source, join(longshore.files, `twenty-${n}`), { bwlimit: '512k' })),
  );
  const working = async () => {
    const runs = await Promise.all(ids.map((id) => api.run(id)));
    return runs.every((run) => run.state === 'running' && run.stats.bytes > 0) ? true : undefined;
  };
  await until('all runs to work', working, 60_000);
  const [console, silent] = [longshore.pid, await busy(longshore.pid, WATCHED_MS)];
  // With one browser that listens, as most of the time.
  const heard = api.listen(WATCHED_MS);
  const cpu = await busy(console, WATCHED_MS);
  const messages = (await heard).filter((event) => event.type === 'run').length;
  const shims = await Promise.all(ids.map(async (id) => memory((await processesOf(id)).shim)));
  const rclone = await Promise.all(ids.map(async (id) => memory((await processesOf(id)).rclone)));
  await Promise.all(ids.map((id) => api.call('POST', `/runs/${id}/stop`, {})));
  await Promise.all(ids.map((id) => api.ended(id)));
  const each = (cpu / RUNS) * 100;
  const rate = messages / RUNS / (WATCHED_MS / 1000);
  const [pss, own] = [median(shims.map((shim) => shim.pss)), median(shims.map((shim) => shim.own))];
  return [
    { what: '20 runs: computing of the console, a run', measured: percent(each), goal: '≤ 0.5 % of a core', met: each <= 0.5 },
    { what: 'of it, while nobody listens', measured: percent((silent / RUNS) * 100), goal: '' },
    { what: '20 runs: memory of a shim (PSS / private)', measured: `${kilobytes(pss)} / ${kilobytes(own)}`, goal: '≤ 4 MB', met: pss <= 4000 * KILOBYTE },
    { what: 'beside it, of its rclone (PSS)', measured: kilobytes(median(rclone.map((process) => process.pss))), goal: '' },
    { what: '20 runs: messages to a browser, a run and second', measured: rate.toFixed(2), goal: '≤ 2', met: rate <= 2 },
  ];
}

function percent(value: number): string {
  return `${value.toFixed(2)} %`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / KILOBYTE).toFixed(0)} kB`;
}

/** Which part of a core a process uses. */
async function busy(pid: number, ms: number): Promise<number> {
  const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const used = () => {
    // The name, in parentheses, may hold anything; what follows it does not.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(')').at(-1)?.trim().split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const [before, start] = [used(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, ms));
  return (used() - before) / ticks / ((performance.now() - start) / 1000);
}

/** Its share of what it has in memory, and what nobody else has: in bytes. */
function memory(pid: number): { pss: number; own: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? Number.NaN) * 1024;
  return { pss: of('Pss'), own: of('Private_Clean') + of('Private_Dirty') };
}
